package server

import (
	"slices"
	"sync"

	"github.com/hotso/hotso/host"
)

// notes remembers the files that were not given to the slot, one note a file.
// The zero value is ready; all methods are safe for concurrent use.
type notes struct {
	mu   sync.Mutex
	list []host.VersionInfo
}

func (n *notes) add(v host.VersionInfo) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.drop(v.File)
	n.list = append(n.list, v)
}

func (n *notes) delete(path string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.drop(path)
}

func (n *notes) drop(path string) {
	n.list = slices.DeleteFunc(n.list, func(v host.VersionInfo) bool { return v.File == path })
}

// all returns the notes, oldest first.
func (n *notes) all() []host.VersionInfo {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.list)
}
