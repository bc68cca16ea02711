#!/bin/sh
# Makes the signatures beside this script, with real cosign, in a registry on this machine, by key pairs that exist for that
# only: what it can't do without these programs and the network stays in files, which the tests read.
#
# Each file is a repository that two manifests and an index of them were pushed to, and then signed with one version of cosign in one way:
# tags, and content by digest. The public keys are beside them; the private ones are thrown away.
set -eu
v2=github.com/sigstore/cosign/v2/cmd/cosign@v2.6.5
v3=github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3
for tool in go curl jq openssl; do
	command -v $tool >/dev/null || { echo "there is no $tool" >&2; exit 1; }
done
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
# COSIGNS keeps the builds of cosign, each of which takes minutes.
cosigns=${COSIGNS:-$dir}
[ -x "$cosigns/v2/cosign" ] || GOBIN=$cosigns/v2 go install $v2
[ -x "$cosigns/v3/cosign" ] || GOBIN=$cosigns/v3 go install $v3
go -C "$here/../../../../testdata/registry" build -o "$dir/registry" .

mkfifo "$dir/stdin"
exec 3<>"$dir/stdin" # the registry ends with it
"$dir/registry" -dir "$dir" <"$dir/stdin" >"$dir/host" &
trap 'kill $!; rm -rf "$dir"' EXIT
until [ -s "$dir/host" ]; do sleep 0.1; done
host=$(cat "$dir/host")

export COSIGN_PASSWORD=
cd "$dir"
"$cosigns/v3/cosign" generate-key-pair --output-key-prefix p256 2>/dev/null
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out p384.pem
openssl genpkey -algorithm ED25519 -out ed25519.pem
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out rsa.pem 2>/dev/null
for kind in p384 ed25519 rsa; do
	"$cosigns/v3/cosign" import-key-pair --yes --key $kind.pem --output-key-prefix $kind 2>/dev/null
done
cp ./*.pub "$here"

# put REPOSITORY TAG TYPE TEXT pushes a manifest and prints its digest.
put() {
	curl -sf -o /dev/null -X PUT -H "Content-Type: $3" --data-binary "$4" "http://$host/v2/$1/manifests/$2"
	echo "sha256:$(printf %s "$4" | sha256sum | cut -d' ' -f1)"
}

image=application/vnd.oci.image.manifest.v1+json
# push REPOSITORY pushes what is signed: its own content in each, so that a signature of one is none of another.
push() {
	empty=sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a
	at=$(curl -sf -D - -o /dev/null -X POST "http://$host/v2/$1/blobs/uploads/" | tr -d '\r' | sed -n 's/^Location: //p')
	curl -sf -o /dev/null -X PUT -H 'Content-Type: application/octet-stream' --data-binary '{}' "$at&digest=$empty"
	index=
	for arch in amd64 arm64; do
		manifest="{\"schemaVersion\":2,\"mediaType\":\"$image\",\"config\":{\"mediaType\":\"application/vnd.oci.empty.v1+json\",\"digest\":\"$empty\",\"size\":2},\"layers\":[],\"annotations\":{\"of\":\"$1 for $arch\"}}"
		digest=$(put "$1" $arch $image "$manifest")
		index="$index,{\"mediaType\":\"$image\",\"digest\":\"$digest\",\"size\":${#manifest},\"platform\":{\"os\":\"linux\",\"architecture\":\"$arch\"}}"
	done
	type=application/vnd.oci.image.index.v1+json
	put "$1" 1 $type "{\"schemaVersion\":2,\"mediaType\":\"$type\",\"manifests\":[${index#,}]}"
}

# sign VERSION REPOSITORY KEY FLAG... signs what is pushed there.
sign() {
	version=$1 repository=$2 key=$3
	shift 3
	digest=$(push "$repository")
	"$cosigns/$version/cosign" sign --yes --key "$key.key" "$@" "$host/$repository@$digest" 2>"$dir/log" || { cat "$dir/log"; exit 1; }
}

# dump REPOSITORY writes the file.
dump() {
	at=data/docker/registry/v2/repositories/$1
	for link in "$at"/_manifests/tags/*/current/link; do
		jq -n --arg tag "$(basename "$(dirname "$(dirname "$link")")")" --rawfile digest "$link" '{tags: {($tag): $digest}}'
	done >dump
	for link in "$at"/_manifests/revisions/sha256/*/link "$at"/_layers/sha256/*/link; do
		hex=$(basename "$(dirname "$link")")
		jq -n --arg digest "sha256:$hex" --rawfile text "data/docker/registry/v2/blobs/sha256/$(echo "$hex" | cut -c1-2)/$hex/data" '{content: {($digest): $text}}'
	done >>dump
	jq -s 'reduce .[] as $part ({}; . * $part)' dump >"$here/$1.json"
}

simple='--new-bundle-format=false --use-signing-config=false --tlog-upload=false'
echo '{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json","rekorTlogConfig":{},"tsaConfig":{}}' >no-services.json
bundle='--signing-config no-services.json'

sign v2 v2 p256 --tlog-upload=false
sign v2 v2-recursive p256 --tlog-upload=false --recursive
COSIGN_EXPERIMENTAL=1 sign v2 v2-referrer p256 --tlog-upload=false --registry-referrers-mode=oci-1-1
sign v2 v2-bundle p256 --tlog-upload=false --new-bundle-format
sign v3 v3 p256 $bundle
sign v3 v3-recursive p256 $bundle --recursive
sign v3 v3-simple p256 $simple
for key in p384 ed25519 rsa; do
	sign v3 v3-$key $key $bundle
	sign v3 v3-simple-$key $key $simple
	sign v2 v2-$key $key --tlog-upload=false
done
# An attestation is no signature.
digest=$(push attested)
echo '{}' >predicate
"$cosigns/v3/cosign" attest --yes --key p256.key $bundle --predicate predicate --type custom "$host/attested@$digest" 2>/dev/null
for repository in "$dir"/data/docker/registry/v2/repositories/*; do
	dump "$(basename "$repository")"
done
