#!/bin/sh
# Installs what was built in a directory: libhotso/install.sh BUILD HOTSO PREFIX [DESTDIR]
#
# BUILD has libhotso.so.1, and HOTSO is the command. PREFIX is where they are when they are used, DESTDIR what is
# put before it now, for packages.
set -e
[ $# -ge 3 ] || { echo "usage: $0 BUILD HOTSO PREFIX [DESTDIR]" >&2; exit 2; }
case $3 in /*) ;; *) echo "$0: PREFIX must begin with /: $3" >&2; exit 2 ;; esac
here=$(dirname "$0")
to=$4$3
version=$("$2" version | sed -n '1s/^hotso v*\([0-9][^, ]*\).*/\1/p')
mkdir -p "$to/bin" "$to/lib/pkgconfig" "$to/include"
install -m 755 "$2" "$to/bin/hotso"
install -m 755 "$1/libhotso.so.1" "$to/lib/libhotso.so.1"
ln -sf libhotso.so.1 "$to/lib/libhotso.so"
install -m 644 "$here/../include/hotso.h" "$here/../include/hotso.hpp" "$here/../include/cabi.h" "$to/include/"
sed "s|@PREFIX@|$3|; s|@VERSION@|${version:-0}|" "$here/hotso.pc.in" > "$to/lib/pkgconfig/hotso.pc"
