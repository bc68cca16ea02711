#!/bin/sh
# Builds libhotso.so into a directory, with the links that the linker and the dynamic linker look for:
#
#   libhotso/build.sh DIR
#
# The number in the name is HOTSOH_ABI_VERSION. -z nodelete, by which it stays, is Go's own default.
set -e
[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
mkdir -p "$1"
to=$(cd "$1" && pwd)
cd "$(dirname "$0")"
CGO_ENABLED=1 go build -buildmode=c-shared -trimpath \
	-ldflags "-s -w -extldflags '-Wl,-soname,libhotso.so.1 -Wl,--version-script=$PWD/libhotso.map'" \
	-o "$to/libhotso.so.1" .
rm -f "$to/libhotso.so.h" "$to/libhotso.h" # cgo's own header, which nobody needs
ln -sf libhotso.so.1 "$to/libhotso.so"
