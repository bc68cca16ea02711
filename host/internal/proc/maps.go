package proc

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"
)

// A Mapping is one line of /proc/self/maps.
type Mapping struct {
	Low, High uint64 // addresses; High is the first after the mapping
	Perms     string // "r-xp"
	Path      string // file, or a name in brackets, or empty
}

// Size is the mapping's length in bytes.
func (m Mapping) Size() uint64 { return m.High - m.Low }

// Maps returns the mappings whose path contains name; all if name is empty.
func Maps(name string) ([]Mapping, error) {
	b, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return nil, err
	}
	var list []Mapping
	for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
		line := s.Text()
		if name != "" && !strings.Contains(line, name) {
			continue
		}
		var m Mapping
		var offset, inode uint64
		var device string
		// The path is last, after blanks, and may itself contain blanks.
		n, _ := fmt.Sscanf(line, "%x-%x %s %x %s %d", &m.Low, &m.High, &m.Perms, &offset, &device, &inode)
		if n != 6 {
			return nil, fmt.Errorf("proc: maps: line %q", line)
		}
		if f := strings.Fields(line); len(f) > 5 {
			m.Path = line[strings.LastIndex(line, f[5]):]
		}
		list = append(list, m)
	}
	return list, nil
}
