package server

import "sync"

// digests are the SHA-256 of the images of complete files, by path. The zero value is ready; it is
// safe for concurrent use.
type digests struct {
	mu sync.Mutex
	m  map[string]string
}

func (d *digests) set(path, sha256 string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.m == nil {
		d.m = map[string]string{}
	}
	d.m[path] = sha256
}

// of is empty if it is not known.
func (d *digests) of(path string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.m[path]
}

func (d *digests) delete(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.m, path)
}
