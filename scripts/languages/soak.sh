#!/bin/sh
# Swaps and crashes from other languages, for long: SWAPS swaps from Python under four threads, and CRASHES crashes in all
# ways from C, Java and Python. What a language needs and the machine has not is skipped, with the reason. The exit code is 1 if
# a call failed or a crash was not contained.
cd "$(dirname "$0")/../.." || exit 1
swaps=${SWAPS:-10000} crashes=${CRASHES:-1000} status=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
libhotso/build.sh "$dir" || exit 1
export HOTSO_LIBRARY="$dir/libhotso.so"
go run ./host/cmd/hotso build ./libgreeter --version 1 -o "$dir" >/dev/null || exit 1
go run ./host/cmd/hotso build ./libgreeter --version 2 -o "$dir" >/dev/null || exit 1
go run ./host/cmd/hotso build ./testdata/libs/crash --version 1 -o "$dir" >/dev/null || exit 1

# The last words of libraries that crash go to stderr.
echo "== C"
cc -std=c11 -O2 -Iinclude -o "$dir/crash" scripts/languages/c/crash.c -L"$dir" -lhotso -Wl,-rpath,"$dir" &&
	"$dir/crash" "$dir/libcrash.v1.so" "$crashes" 2>/dev/null || status=1

echo "== Java"
java=
for home in "$JAVA_HOME" /usr/lib/jvm/*; do
	"$home/bin/javac" --release 22 --version >/dev/null 2>&1 && java=$home/bin
done
if [ -n "$java" ]; then
	"$java/javac" --release 22 -d "$dir" java/src/main/java/io/github/hotso/*.java scripts/languages/java/Crash.java &&
		"$java/java" --enable-native-access=ALL-UNNAMED -cp "$dir" Crash "$dir/libcrash.v1.so" "$crashes" 2>/dev/null || status=1
else
	echo "skipped: there is no Java 22 or later, neither in JAVA_HOME nor below /usr/lib/jvm"
fi

echo "== Python"
if command -v python3 >/dev/null; then
	PYTHONPATH=python/src python3 scripts/languages/soak.py "$dir" --swaps "$swaps" --crashes "$crashes" 2>/dev/null || status=1
else
	echo "skipped: there is no python3"
fi
exit $status
