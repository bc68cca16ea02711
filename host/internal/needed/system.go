package needed

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
)

// cacheFile is what ldconfig(8) writes.
const cacheFile = "/etc/ld.so.cache"

// defaultDirs are searched when the cache does not have a name (ld.so(8)). glibc has those
// of its build; these are of the distributions with lib64, with multiarch, and of others.
var defaultDirs = []string{"/lib64", "/usr/lib64", "/lib", "/usr/lib",
	"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu"}

// A system says which shared objects are the system's.
type system struct {
	machine elf.Machine
	paths   map[string][]string // of the cache, by name
	dirs    map[string]bool     // those of the cache and the default ones, without symbolic links
}

func readSystem(machine elf.Machine) *system {
	s := &system{machine: machine, dirs: map[string]bool{}}
	for _, dir := range defaultDirs {
		s.addDir(dir)
	}
	b, _ := os.ReadFile(cacheFile) // there is none on a system without ldconfig
	s.paths = parseCache(b)
	seen := map[string]bool{}
	for _, paths := range s.paths {
		for _, path := range paths {
			if dir := filepath.Dir(path); !seen[dir] {
				seen[dir] = true
				s.addDir(dir)
			}
		}
	}
	return s
}

func (s *system) addDir(dir string) {
	if dir, err := filepath.EvalSymlinks(dir); err == nil {
		s.dirs[dir] = true
	}
}

// find returns where the system has the object of that name, or "".
func (s *system) find(name string) string {
	for _, path := range s.paths[name] {
		// Those for newer processors only are the same library: any processor runs the other.
		if !strings.Contains(path, "/glibc-hwcaps/") && isFor(path, s.machine) {
			return path
		}
	}
	for _, dir := range defaultDirs {
		if path := filepath.Join(dir, name); isFor(path, s.machine) {
			return path
		}
	}
	return ""
}

// isFor reports whether there is a shared object for that machine: the dynamic linker
// passes over others. It reads as little as one can, of what may be no regular file.
func isFor(path string, machine elf.Machine) bool {
	f, err := openRegular(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var head [20]byte // up to e_machine
	if _, err := f.ReadAt(head[:], 0); err != nil {
		return false
	}
	return string(head[:4]) == elf.ELFMAG && elf.Class(head[elf.EI_CLASS]) == elf.ELFCLASS64 &&
		elf.Machine(binary.LittleEndian.Uint16(head[18:])) == machine
}

// parseCache reads the cache of glibc 2.2 and newer (sysdeps/generic/dl-cache.h): a
// header of 48 bytes, entries of 24, which have the offsets of name and path, and the
// strings. An older format may be in front. What is not as it should be is left out: such a
// file is of no use to the dynamic linker either.
func parseCache(b []byte) map[string][]string {
	const magic, header, entry = "glibc-ld.so.cache1.1", 48, 24
	paths := map[string][]string{}
	at := bytes.Index(b, []byte(magic))
	if at < 0 || len(b)-at < header {
		return paths
	}
	b = b[at:]
	text := func(off uint32) string {
		if uint64(off) >= uint64(len(b)) {
			return ""
		}
		s, _, _ := bytes.Cut(b[off:], []byte{0})
		return string(s)
	}
	n := binary.LittleEndian.Uint32(b[20:])
	for i := range min(uint64(n), uint64(len(b)-header)/entry) {
		e := b[header+i*entry:]
		name, path := text(binary.LittleEndian.Uint32(e[4:])), text(binary.LittleEndian.Uint32(e[8:]))
		if name != "" && filepath.IsAbs(path) {
			paths[name] = append(paths[name], path)
		}
	}
	return paths
}
