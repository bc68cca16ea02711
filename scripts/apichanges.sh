#!/bin/sh
# What changed in the packages that programs import, since a tag:
#
#   scripts/apichanges.sh TAG APIDIFF
#
# It prints the changes. Breaking ones fail from v1 on.
cd "$(dirname "$0")/.." || exit 1
tag=$1 apidiff=$2
old=$(mktemp -d) || exit 1
trap 'git worktree remove --force "$old/tree"; rm -rf "$old"' EXIT
git worktree add -q --detach "$old/tree" "$tag" || exit 1
broken=0
for package in host host/life host/watch cabi cabi/abi cabi/cabilog cabi/cabihttp; do
	[ -d "$old/tree/$package" ] || continue
	import=github.com/hotso/hotso/$package
	(cd "$old/tree" && "$apidiff" -w "$old/api" "$import") || exit 1
	changes=$("$apidiff" -incompatible "$old/api" "$import") || exit 1
	[ -z "$changes" ] && continue
	printf '%s\n%s\n' "$import has changed since $tag:" "$changes"
	broken=1
done
case $tag in
v0.*) exit 0 ;;
esac
exit $broken
