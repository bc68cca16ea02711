package libtest

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// A mapping is one line of /proc/self/maps (proc_pid_maps(5)).
type mapping struct {
	start, end uint64
	executable bool
	object     string // device, inode and path; the range for anonymous memory
	path       string // "" for anonymous memory
	line       string
}

// parseMappings reads the text of /proc/self/maps.
func parseMappings(text string) ([]mapping, error) {
	var ms []mapping
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		// address perms offset device inode path; the path may contain spaces
		f := strings.Fields(line)
		if len(f) < 5 {
			return nil, fmt.Errorf("/proc/self/maps: cannot read %q", line)
		}
		m := mapping{executable: strings.Contains(f[1], "x"), line: line}
		if _, err := fmt.Sscanf(f[0], "%x-%x", &m.start, &m.end); err != nil {
			return nil, fmt.Errorf("/proc/self/maps: cannot read %q: %w", line, err)
		}
		m.object = f[0]
		if len(f) > 5 && !strings.HasPrefix(f[5], "[anon") { // a name given by prctl(2) is not a file
			m.path = strings.Join(f[5:], " ")
			m.object = f[3] + " " + f[4] + " " + m.path
		}
		ms = append(ms, m)
	}
	return ms, nil
}

// A snapshot is what the process has mapped and open at one moment.
type snapshot struct {
	mappings   []mapping
	files      map[string]string // descriptor to what it is linked to
	executable string            // path of the test binary
}

func takeSnapshot() (*snapshot, error) {
	s := &snapshot{files: map[string]string{}}
	text, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return nil, err
	}
	if s.mappings, err = parseMappings(string(text)); err != nil {
		return nil, err
	}
	if s.executable, err = os.Readlink("/proc/self/exe"); err != nil {
		return nil, err
	}
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil, err
	}
	for _, fd := range fds {
		// It fails for the descriptor that the directory was read by, which is closed.
		if link, err := os.Readlink(filepath.Join("/proc/self/fd", fd.Name())); err == nil {
			s.files[fd.Name()] = link
		}
	}
	return s, nil
}

// newFiles are the open files that before did not have.
func (s *snapshot) newFiles(before *snapshot) []string {
	var texts []string
	for fd, link := range s.files {
		if before.files[fd] != link {
			texts = append(texts, fmt.Sprintf("open file %s -> %s", fd, link))
		}
	}
	sort.Strings(texts)
	return texts
}

// newMappings are the mappings of files, and of executable memory, whose
// object before did not have.
func (s *snapshot) newMappings(before *snapshot) []string {
	var texts []string
	had := before.objects()
	for _, m := range s.mappings {
		pseudo := strings.HasPrefix(m.path, "[") // [heap], [stack], [vdso]
		if (m.executable || m.path != "" && !pseudo) && !had[m.object] {
			texts = append(texts, "mapping "+m.line)
		}
	}
	return texts
}

// objects are what s has mapped.
func (s *snapshot) objects() map[string]bool {
	objects := map[string]bool{}
	for _, m := range s.mappings {
		objects[m.object] = true
	}
	return objects
}

// find returns the executable mapping of an address.
func (s *snapshot) find(address uint64) (mapping, bool) {
	for _, m := range s.mappings {
		if m.executable && address >= m.start && address < m.end {
			return m, true
		}
	}
	return mapping{}, false
}

func parseHex(text string) (uint64, error) {
	return strconv.ParseUint(strings.TrimPrefix(text, "0x"), 16, 64)
}
