package elfimage

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"runtime/debug"
)

// The Go linker's build information: a 32-byte header, then the Go version and
// the module information as length-prefixed strings (Go 1.18 and later; see
// debug/buildinfo, which finds it through debug/elf and so can't be used here).
const (
	buildMagic      = "\xff Go buildinf:"
	buildHeader     = 32
	buildAlign      = 16 // of the header's address
	buildFlags      = 15 // offset of the flags byte
	buildInline     = 2  // flag: the strings follow the header
	moduleFraming   = 16 // bytes of sentinel on either side of the module information
	moduleMinLength = 2*moduleFraming + 1
)

// readBuildInfo finds the build information in the writable segments. It is no
// error if there is none: the library may be C.
func (s *Spec) readBuildInfo() {
	for _, p := range s.im.loads {
		if elf.ProgFlag(p.Flags)&elf.PF_W == 0 {
			continue
		}
		b, _ := s.im.slice(p.Off, p.Filesz)
		version, mod, ok := searchBuildInfo(b, p.Vaddr)
		if !ok {
			continue
		}
		s.Go, s.GoVersion = true, version
		if info, err := debug.ParseBuildInfo(mod); err == nil {
			info.GoVersion = version
			s.BuildInfo = info
		}
		return
	}
}

// searchBuildInfo looks through the bytes of a segment at vaddr.
func searchBuildInfo(b []byte, vaddr uint64) (version, mod string, ok bool) {
	for at := 0; ; at += len(buildMagic) {
		i := bytes.Index(b[at:], []byte(buildMagic))
		if i < 0 {
			return "", "", false
		}
		at += i
		if (vaddr+uint64(at))%buildAlign != 0 {
			continue // a Go program's own copy of the magic string
		}
		if version, mod, ok := decodeBuildInfo(b[at:]); ok {
			return version, mod, true
		}
	}
}

func decodeBuildInfo(b []byte) (version, mod string, ok bool) {
	if len(b) < buildHeader || b[buildFlags]&buildInline == 0 {
		return "", "", false
	}
	v, rest, ok := prefixed(b[buildHeader:])
	if !ok || len(v) == 0 {
		return "", "", false
	}
	m, _, ok := prefixed(rest)
	if !ok || len(m) < moduleMinLength {
		return string(v), "", ok
	}
	return string(v), string(m[moduleFraming : len(m)-moduleFraming]), true
}

// prefixed splits off a string with its length before it as a varint.
func prefixed(b []byte) (s, rest []byte, ok bool) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return nil, nil, false
	}
	end := size + int(n)
	return b[size:end], b[end:], true
}
