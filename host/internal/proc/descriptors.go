package proc

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Descriptors returns what each open descriptor of the process links to, by
// number. The one used for reading is left out.
func Descriptors() (map[int]string, error) {
	dir, err := os.Open("/proc/self/fd")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	links := make(map[int]string, len(names))
	for _, name := range names {
		fd, err := strconv.Atoi(name)
		if err != nil || fd == int(dir.Fd()) {
			continue
		}
		link, err := os.Readlink("/proc/self/fd/" + name)
		if err != nil {
			continue // closed meanwhile
		}
		links[fd] = link
	}
	return links, nil
}

// A Watched is one descriptor in an epoll set.
type Watched struct {
	FD   int
	Data uint64 // what the owner of the set stored with it
}

// EpollSet returns what the epoll descriptor watches.
func EpollSet(epoll int) ([]Watched, error) {
	b, err := os.ReadFile("/proc/self/fdinfo/" + strconv.Itoa(epoll))
	if err != nil {
		return nil, err
	}
	var list []Watched
	for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
		line := s.Text()
		if !strings.HasPrefix(line, "tfd:") {
			continue
		}
		var w Watched
		var events uint32
		if _, err := fmt.Sscanf(line, "tfd: %d events: %x data: %x", &w.FD, &events, &w.Data); err != nil {
			return nil, fmt.Errorf("proc: fdinfo: line %q: %w", line, err)
		}
		list = append(list, w)
	}
	return list, nil
}
