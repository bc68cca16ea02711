package elfimage

import "strings"

// strtab is a string table. Names are substrings of this one copy, so that a
// file with many symbols that share a long name doesn't cost memory for each.
type strtab string

// maxName bounds a name. C++ templates reach a few thousand bytes.
const maxName = 64 << 10

// at returns the zero-terminated name at off.
func (t strtab) at(off uint64) (string, bool) {
	if off >= uint64(len(t)) {
		return "", false
	}
	rest := string(t[off:min(uint64(len(t)), off+maxName)])
	name, _, ok := strings.Cut(rest, "\x00")
	return name, ok
}

// is reports whether the name at off is the given one.
func (t strtab) is(off uint64, name string) bool {
	if off >= uint64(len(t)) {
		return false
	}
	rest := string(t[off:])
	return len(rest) > len(name) && rest[len(name)] == 0 && rest[:len(name)] == name
}
