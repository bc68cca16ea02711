#!/bin/sh
# What a build is stamped with: packaging/stamp.sh [--debian]
#
# Without an argument, the flags for the linker; with it, the version of a Debian package. Without a tag that is a
# version of the day of the commit, which is less than any release. VERSION_TAG goes before the tag of the repository.
cd "$(dirname "$0")/.." || exit 1
tag=${VERSION_TAG:-$(git describe --tags --match 'v[0-9]*' --dirty 2>/dev/null)}
commit=$(git rev-parse HEAD 2>/dev/null)
if [ "$1" = --debian ]; then
	if [ -n "$tag" ]; then
		echo "${tag#v}" | sed 's/-/+/; s/-/./g'
	else
		echo "0.0.0~$(git log -1 --format=%cd --date=format:%Y%m%d.%H%M%S 2>/dev/null || echo 0)"
	fi
	exit
fi
[ -z "$commit" ] || git diff --quiet HEAD 2>/dev/null || commit=$commit-dirty
echo "${tag:+-X main.release=$tag} ${commit:+-X main.commit=$commit}"
