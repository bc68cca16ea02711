#!/bin/sh
# Makes what is shipped, from what make has built: packaging/dist.sh deb|tarball BUILD HOTSO
#
# BUILD has libhotso.so.1, and HOTSO is the command. The file lands in BUILD/dist, whose name is printed. The tarball
# has the tree that is below /usr/local, the package that below /usr.
set -e
[ $# = 3 ] || { echo "usage: $0 deb|tarball BUILD HOTSO" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
version=$("$here/stamp.sh" --debian)
arch=$(go env GOARCH)
mkdir -p "$2/dist"
dist=$(cd "$2/dist" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
case $1 in
tarball)
	name=hotso-$version-linux-$arch
	"$here/../libhotso/install.sh" "$2" "$3" /usr/local "$root/staged"
	mv "$root/staged/usr/local" "$root/$name"
	# The same commit makes the same bytes.
	tar -C "$root" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$(git -C "$here" log -1 --format=%ct 2>/dev/null || echo 0)" \
	  -cf - "$name" | gzip -9n > "$dist/$name.tar.gz"
	echo "$dist/$name.tar.gz" ;;
deb)
	"$here/../libhotso/install.sh" "$2" "$3" /usr "$root"
	mkdir -p "$root/etc/hotso"
	mv "$root/usr/share/zsh/site-functions" "$root/usr/share/zsh/vendor-completions" # where Debian's zsh looks
	install -m 644 "$here/../LICENSE" "$root/usr/share/doc/hotso/copyright"
	gzip -9nc "$here/../CHANGELOG.md" > "$root/usr/share/doc/hotso/changelog.gz"
	gzip -9n "$root"/usr/share/man/man1/*.1
	# nfpm reads the version and the tree from its environment.
	(cd "$here" && VERSION=$version ARCH=$arch ROOT=$root go tool nfpm package --packager deb --target "$dist/hotso_${version}_$arch.deb" >&2)
	echo "$dist/hotso_${version}_$arch.deb" ;;
*)
	echo "$0: $1: it is deb or tarball" >&2
	exit 2 ;;
esac
