#!/bin/sh
# Installs what the examples in other languages need, as far as this machine lacks it, and runs
# them all, with the tests of the headers that other languages read. Debian's packages and, for
# Node, koffi from npm.
cd "$(dirname "$0")/.." || exit 1

packages=
lacks() { # PACKAGES COMMAND...: they are needed if the command fails
	wanted=$1
	shift
	"$@" >/dev/null 2>&1 || packages="$packages $wanted"
}
lacks g++ g++ --version
lacks rustc rustc --version
lacks default-jdk-headless java -version
lacks "python3 python3-cffi" python3 -c 'import cffi'
lacks nodejs node --version
lacks npm npm --version
lacks ruby ruby -e 'require "fiddle"'
lacks php-cli php -r 'exit(extension_loaded("FFI") ? 0 : 1);'
lacks luajit luajit -v
lacks libffi-platypus-perl perl -e 'use FFI::Platypus 2.00'

if [ -n "$packages" ]; then
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		apt-get install -y --no-install-recommends $packages || exit 1
	else
		echo "to install, as root: apt-get install$packages"
		echo "What is not there is skipped."
	fi
fi
if command -v npm >/dev/null; then
	npm install --no-audit --no-fund --prefix libgreeter/examples/node || exit 1
fi
exec go test -v -count 1 -run 'TestExamples|TestParsers' ./libgreeter/examples ./host/internal/cdef
