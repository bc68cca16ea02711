// Package manifest reads and writes what follows the ELF image of a hotso
// library: its manifest, the signature of the manifest, and the seal that
// covers both and the image. By these a host judges a library before any of the
// library's code runs. Libraries don't link this package.
//
// # The file
//
// A sealed library is four parts without gaps. All numbers are little endian.
//
//	image      the ELF file as the linker wrote it, stamped with name and version
//	payload    the Manifest as JSON, P bytes, at most 1 MiB
//	signature  a minisign signature of the payload as text, S bytes, at most
//	           4 KiB; 0 in a library that is not signed
//	footer     64 bytes:
//	            0  char[16]  "\nhotso seal v1\n\0"
//	           16  uint64    P
//	           24  byte[32]  SHA-256 of payload and signature
//	           56  uint64    S
//
// The footer is the end of the file, as in Linux's signed kernel modules, so
// dlopen(3) and the binutils see an ordinary shared object with more bytes after
// it. A reader starts at the end and knows each length before it touches what is
// there. Another version of the format has another first line in the footer; a
// reader refuses what it does not know.
//
// # The payload
//
// One JSON object, exactly the bytes that Go's encoding/json writes for a
// Manifest: fields in this order, no white space, <, > and & escaped. Anything
// written differently is refused, so that no two programs can read it differently.
//
//	format     3; another version of these fields has another number
//	name       1 to 63 bytes of UTF-8 without NUL
//	version    likewise; hotso build writes semantic versions only
//	abi        version of the contract in include/cabi.h
//	go         toolchain, such as "go1.26.0"; "" if it was not built by Go
//	os, arch   as GOOS and GOARCH
//	functions  sorted by name, each {"name": identifier, "signature": text}
//	           where the text is what abi.Signature writes
//	exclusive  true if only one version of it may be live at a time (cabi.Exclusive); else left out
//	contracts  sorted by name, each {"name": identifier, "schema": as docs/wire.md says};
//	           left out if there is none
//	needed     names of shared objects, as DT_NEEDED, DT_AUXILIARY and DT_FILTER of the image have them
//	run_path   DT_RUNPATH of the image, or else its DT_RPATH; left out if it has none
//	libraries  sorted by name, each {"name": as it is needed, "sha256": 64 hexadecimal digits of
//	           the file}: what was found outside of the system's directories, directly needed
//	           or by another of them; left out if there is none
//	image      {"size": bytes of the image, "sha256": 64 hexadecimal digits}
//
// # The signature
//
// It is the text of a .minisig file (https://jedisct1.github.io/minisign/),
// plain or prehashed. It covers the payload, and through the image's digest and
// size in it the image. So one digest of the image is enough, and the bytes to
// sign are few. This package carries the signature and does not verify it.
//
// Without hotso, with P and S from the footer:
//
//	head -c -64 lib.so | tail -c $S > m.minisig
//	head -c -$((64+S)) lib.so | tail -c $P > m
//	minisign -V -m m -p key.pub
//	jq -r .image.sha256 m; head -c $(jq .image.size m) lib.so | sha256sum
package manifest
