package needed

import (
	"github.com/hotso/hotso/host/internal/dl"
	"github.com/hotso/hotso/host/internal/private"
	"github.com/hotso/hotso/host/internal/rank"
)

// A loaded is a verified copy that the process has loaded. Its file stays open as long: its
// path is the name by which the dynamic linker tells it from others.
type loaded struct {
	digest string
	copy   *private.Copy
	handle dl.Handle // names it; it is not held by this
	users  int       // sets that hold it
}

// registry has all of them.
var registry struct {
	mu  rank.Mutex[rank.Registry]
	all map[dl.Handle]*loaded
}

// take returns the verified copy that h is, for the caller to release; nil if it is
// another object.
func take(h dl.Handle) *loaded {
	registry.mu.Lock()
	defer registry.mu.Unlock()
	l := registry.all[h]
	// One that was unloaded a moment ago may have left its entry, and its address.
	if l == nil || l.copy.Path() != h.Name() {
		return nil
	}
	l.users++
	return l
}

// note registers a copy that was just loaded, for the caller to release.
func note(h dl.Handle, digest string, c *private.Copy) *loaded {
	c.Retain()
	l := &loaded{digest: digest, copy: c, handle: h, users: 1}
	registry.mu.Lock()
	defer registry.mu.Unlock()
	if registry.all == nil {
		registry.all = map[dl.Handle]*loaded{}
	}
	registry.all[h] = l
	return l
}

// release gives back what take or note returned. The caller holds no handle of it any more.
// What the dynamic linker keeps all the same, as DF_1_NODELETE has it, stays registered.
func (l *loaded) release() {
	if l == nil || !l.unused() {
		return
	}
	if h := dl.Loaded(l.copy.Path()); h != 0 {
		_ = h.Close()
		return
	}
	registry.mu.Lock()
	gone := l.users == 0
	if gone && registry.all[l.handle] == l {
		delete(registry.all, l.handle)
	}
	registry.mu.Unlock()
	if gone {
		_ = l.copy.Close()
	}
}

func (l *loaded) unused() bool {
	registry.mu.Lock()
	defer registry.mu.Unlock()
	l.users--
	return l.users == 0
}
