#!/bin/sh
# All checks and tests. Every step runs; the exit code is 1 if one failed.
#
#   gofmt, go vet, clang-format, staticcheck, whether it compiles for darwin, riscv64 and windows, commit subjects
#   go test without cgo: the host as it is built, and its calls through purego
#   the property test once more, with the order of locks checked
#   go test -race with cgo: what needs the C compiler, and the race detector, of packages that have to do with goroutines
#   libgreeter from other languages, and which were left out, and why
#   the tests of scripts/compare, scripts/compareserve, scripts/devrace, scripts/page (in a browser) and packaging,
#   modules of their own
#   go vet of testdata/registry, which the tests of host/internal/registrytest run
#   what changed in the API since the last tag
cd "$(dirname "$0")/.." || exit 1
status=0
failed() { echo "FAILED: $*"; status=1; }
# Tests wait a good deal, for timers and for other programs: one package more than processors keeps these busy.
packages=$(($(getconf _NPROCESSORS_ONLN) + 1))

echo "== format and vet"
unformatted=$(gofmt -l .)
[ -z "$unformatted" ] || failed "gofmt, run make fmt:" $unformatted
CGO_ENABLED=0 go vet ./... || failed "go vet without cgo"
if command -v clang-format >/dev/null; then
	for file in $(find . -name node_modules -prune -o '(' -name '*.[ch]' -o -name '*.[ch]pp' ')' -print); do
		clang-format --dry-run -Werror "$file" 2>/dev/null || failed "clang-format, run make fmt: $file"
	done
else
	echo "skipped: clang-format is not installed"
fi

if why=$(go -C scripts/tools mod download 2>&1); then
	tools=$(mktemp -d) || exit 1
	trap 'rm -rf "$tools"' EXIT
	CGO_ENABLED=0 go -C scripts/tools build -o "$tools/" honnef.co/go/tools/cmd/staticcheck golang.org/x/exp/cmd/apidiff ./typecheck ||
		failed "go build of scripts/tools"
	CGO_ENABLED=0 "$tools/staticcheck" ./... || failed "staticcheck without cgo"
	# Nothing of these is run here. What is linked into a program is all that Windows has.
	GOOS=darwin CGO_ENABLED=0 "$tools/typecheck" ./... || failed "typecheck for darwin"
	GOARCH=riscv64 CGO_ENABLED=0 "$tools/typecheck" ./... || failed "typecheck for riscv64"
	GOOS=windows CGO_ENABLED=0 "$tools/typecheck" -tests=false ./examples/contract/builtin || failed "typecheck for windows"
else
	tools=
	echo "skipped: staticcheck, apidiff and other platforms: their tools can't be fetched: $why"
fi
base=$(git rev-parse --verify -q '@{upstream}' || git rev-parse --verify -q 'HEAD~20')
if [ -n "$base" ]; then
	long=$(git log --format=%s "$base..HEAD" | grep -E '^.{73,}$')
	[ -z "$long" ] || failed "commit subjects of more than 72 characters:" "$long"
fi

# go env CC may hold arguments; its first word is the program.
cc=$(go env CC)
if command -v "${cc%% *}" >/dev/null; then
	# All libraries of tests have much in common. It is compiled here, or several packages would do it at the same time.
	CGO_ENABLED=1 go build -buildmode=c-shared -trimpath -o /dev/null ./testdata/libs/profiled || failed "go build of a library"
else
	cc=
fi

echo "== go test, CGO_ENABLED=0"
# The two packages that take longest begin first. All have been vetted. The last two come below.
CGO_ENABLED=0 go test -vet=off -p "$packages" -timeout 40m ./host ./host/cmd/hotso \
	$(CGO_ENABLED=0 go list ./... | grep -v -e /libgreeter/examples$ -e /host/internal/cdef$) || failed "go test without cgo"
CGO_ENABLED=0 go test -tags hotso_fallback ./host/internal/call ./host/internal/callin || failed "go test of calls through purego"
CGO_ENABLED=0 go test -tags hotso_fallback -run Resident ./host || failed "go test of libraries that stay, through purego"

echo "== the property test, with the order of locks checked"
CGO_ENABLED=0 go test -tags hotso_lockrank ./host/internal/rank ./host/internal/lifecycle || failed "go test -tags hotso_lockrank"
CGO_ENABLED=0 go test -tags hotso_lockrank ./host/internal/modeltest -model.time 10s || failed "the property test with ranks"

if [ -n "$cc" ]; then
	# With -race, as the tests that follow: so nothing is compiled for this alone. Packages that have the same files
	# without cgo and -race have been checked; here are those with a line of their own.
	files() { go list -f '{{.ImportPath}} {{.GoFiles}} {{.CgoFiles}} {{.TestGoFiles}} {{.XTestGoFiles}}' "$@" ./...; }
	more=$(without=$(export CGO_ENABLED=0; files) && with=$(export CGO_ENABLED=1; files -race) &&
		printf '%s\n' "$without" "$without" "$with" | sort | uniq -u | cut -d' ' -f1) && [ -n "$more" ] || failed "go list with cgo"
	CGO_ENABLED=1 go vet -race $more || failed "go vet with cgo"
	[ -z "$tools" ] || CGO_ENABLED=1 GOFLAGS="$(go env GOFLAGS) -race" "$tools/staticcheck" $more || failed "staticcheck with cgo"
	echo "== go test -race, CGO_ENABLED=1"
	# Short: without the tests in which compilers, debuggers and other programs do all the work. Those have just run. And
	# without packages that start no goroutine, nor have anything to do with one: there is no race to be found.
	concurrent=$(CGO_ENABLED=1 go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.Dir}} {{.ImportPath}}{{end}}' ./... |
		while read -r dir package; do
			grep -qE '^[[:space:]]*go [a-z]|\.Go\(|\<(sync|atomic|errgroup|httptest|host)\.[A-Z]' "$dir"/*.go && echo "$package"
		done)
	CGO_ENABLED=1 go test -race -short -vet=off -p "$packages" -timeout 40m ./host ./host/cmd/hotso $concurrent ||
		failed "go test -race"
else
	echo "skipped: no C compiler ($(go env CC)): no library was built, and nothing tested with the race detector"
fi

echo "== other languages"
said=$(CGO_ENABLED=0 go test -v ./libgreeter/examples ./host/internal/cdef) || failed "go test of other languages:" "$said"
left_out=$(printf '%s\n' "$said" | grep -E '^ +[a-z_]+_test\.go:[0-9]+: ')
[ -z "$left_out" ] || printf '%s\n' "skipped, which make test-languages installs:" "$left_out"

echo "== scripts/compare"
if why=$(go -C scripts/compare mod download 2>&1); then
	go -C scripts/compare vet ./... || failed "go vet of scripts/compare"
	go -C scripts/compare test -vet=off ./... || failed "go test of scripts/compare"
else
	echo "skipped: what hotso is compared with can't be fetched: $why"
fi

echo "== scripts/compareserve"
if why=$(go -C scripts/compareserve mod download 2>&1); then
	CGO_ENABLED=0 go -C scripts/compareserve vet ./... || failed "go vet of scripts/compareserve"
	CGO_ENABLED=0 go -C scripts/compareserve test -vet=off ./... || failed "go test of scripts/compareserve"
else
	echo "skipped: what hotso serve is compared with can't be fetched: $why"
fi

echo "== scripts/devrace"
if why=$(go -C scripts/devrace mod download 2>&1); then
	go -C scripts/devrace vet ./... || failed "go vet of scripts/devrace"
	go -C scripts/devrace test -vet=off ./... || failed "go test of scripts/devrace"
else
	echo "skipped: what hotso dev is compared with can't be fetched: $why"
fi

echo "== scripts/page"
if why=$(go -C scripts/page mod download 2>&1); then
	go -C scripts/page vet ./... || failed "go vet of scripts/page"
	CGO_ENABLED=0 go -C scripts/page test -vet=off . || failed "go test of scripts/page"
	command -v chromium >/dev/null || echo "skipped: no test of the page of hotso serve: install chromium"
else
	echo "skipped: what drives the browser can't be fetched: $why"
fi

echo "== packaging"
if why=$(go -C packaging mod download 2>&1); then
	CGO_ENABLED=0 go -C packaging vet ./... || failed "go vet of packaging"
	CGO_ENABLED=0 go -C packaging test -vet=off ./... || failed "go test of packaging"
else
	echo "skipped: what hotso is packaged with can't be fetched: $why"
fi

echo "== testdata/registry"
if why=$(go -C testdata/registry mod download 2>&1); then
	CGO_ENABLED=0 go -C testdata/registry vet . || failed "go vet of testdata/registry"
else
	echo "skipped, and so the tests with registries: what they are made of can't be fetched: $why"
fi

echo "== the API since the last tag"
if tag=$(git describe --tags --abbrev=0 2>/dev/null) && [ -n "$tools" ]; then
	scripts/apichanges.sh "$tag" "$tools/apidiff" || failed "apidiff"
else
	echo "skipped: ${tag:-there is no tag yet, or no apidiff}"
fi

[ $status = 0 ] && echo "== all passed"
exit $status
