#!/bin/sh
# All checks and tests. Every step runs; the exit code is 1 if one failed.
#
#   gofmt, go vet, clang-format
#   go test without cgo: the host as it is built, and its calls through purego
#   go test -race with cgo: what needs the C compiler, and the race detector
#   the tests of scripts/compare, a module of its own
cd "$(dirname "$0")/.." || exit 1
status=0
failed() { echo "FAILED: $*"; status=1; }

echo "== format and vet"
unformatted=$(gofmt -l .)
[ -z "$unformatted" ] || failed "gofmt, run make fmt:" $unformatted
CGO_ENABLED=0 go vet ./... || failed "go vet without cgo"
GOOS=darwin CGO_ENABLED=0 go vet ./... || failed "go vet for darwin"
GOARCH=riscv64 CGO_ENABLED=0 go vet ./host/... || failed "go vet for riscv64"
if command -v clang-format >/dev/null; then
	for file in $(find . -name '*.[ch]'); do
		clang-format --dry-run -Werror "$file" 2>/dev/null || failed "clang-format, run make fmt: $file"
	done
else
	echo "skipped: clang-format is not installed"
fi

echo "== go test, CGO_ENABLED=0"
CGO_ENABLED=0 go test ./... || failed "go test without cgo"
CGO_ENABLED=0 go test -tags hotso_fallback ./host/internal/call ./host/internal/callin || failed "go test of calls through purego"

# go env CC may hold arguments; its first word is the program.
cc=$(go env CC)
if command -v "${cc%% *}" >/dev/null; then
	CGO_ENABLED=1 go vet ./... || failed "go vet with cgo"
	echo "== go test -race, CGO_ENABLED=1"
	CGO_ENABLED=1 go test -race ./... || failed "go test -race"
else
	echo "skipped: no C compiler ($cc): no library was built, and nothing tested with the race detector"
fi

echo "== scripts/compare"
if why=$(go -C scripts/compare mod download 2>&1); then
	go -C scripts/compare vet ./... || failed "go vet of scripts/compare"
	go -C scripts/compare test ./... || failed "go test of scripts/compare"
else
	echo "skipped: what hotso is compared with can't be fetched: $why"
fi

[ $status = 0 ] && echo "== all passed"
exit $status
