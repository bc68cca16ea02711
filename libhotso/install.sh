#!/bin/sh
# Installs what was built in a directory: libhotso/install.sh BUILD HOTSO PREFIX [DESTDIR]
#
# Man pages, completions for bash, zsh and fish, units of systemd and examples of configuration go along.
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

"$2" help man "$to/share/man/man1"
for shell in bash zsh fish; do
	case $shell in
	bash) file=bash-completion/completions/hotso ;;
	zsh) file=zsh/site-functions/_hotso ;;
	fish) file=fish/vendor_completions.d/hotso.fish ;;
	esac
	mkdir -p "$to/share/$(dirname "$file")"
	"$2" completion "$shell" > "$to/share/$file"
done

packaging=$here/../packaging
mkdir -p "$to/lib/systemd/system" "$to/lib/sysusers.d" "$to/share/doc/hotso/examples"
sed "s|/usr/bin/hotso|$3/bin/hotso|" "$packaging/systemd/hotso@.service" > "$to/lib/systemd/system/hotso@.service"
install -m 644 "$packaging/systemd/hotso@.socket" "$to/lib/systemd/system/"
install -m 644 "$packaging/systemd/hotso.sysusers" "$to/lib/sysusers.d/hotso.conf"
install -m 644 "$packaging/systemd/example.env" "$to/share/doc/hotso/examples/"
for kind in kubernetes prometheus grafana; do # the last two may be missing
	[ ! -d "$packaging/$kind" ] || cp -R "$packaging/$kind" "$to/share/doc/hotso/examples/"
done
