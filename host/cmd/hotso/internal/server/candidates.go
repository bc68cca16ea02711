package server

import (
	"slices"

	"github.com/hotso/hotso/host/watch"
)

// candidates knows the complete versions in the directory and decides which
// one to load. It loads nothing, and it never goes back: a version that comes
// before the current one is no candidate. The zero value is ready.
type candidates struct {
	current *watch.Version // that serves, nil if none
	files   []candidate
}

type candidate struct {
	watch.Version
	state candidateState
}

type candidateState int

const (
	untried candidateState = iota
	loaded
	failed
)

// A verdict is what to do about a version that was added.
type verdict int

const (
	try   verdict = iota // ask best
	wait                 // a newer one is there and will be told next
	older                // it comes before the current version
)

// add takes a version that is new or has new content. If it is not the newest
// it waits for that one to be told, unless that one was: then it has failed or
// crashed.
func (c *candidates) add(v watch.Version, newest bool) verdict {
	c.remove(v)
	if c.isOlder(v) {
		return older
	}
	newerTried := slices.ContainsFunc(c.files, func(o candidate) bool {
		return o.state != untried && o.Compare(v) > 0
	})
	c.files = append(c.files, candidate{Version: v})
	if newest || newerTried {
		return try
	}
	return wait
}

func (c *candidates) remove(v watch.Version) {
	c.files = slices.DeleteFunc(c.files, func(o candidate) bool { return o.Path == v.Path })
}

// best returns the newest version that was not tried; when none serves yet, the
// one to start with, if it is there.
func (c *candidates) best(first func(watch.Version) bool) (best watch.Version, ok bool) {
	for _, o := range c.files {
		if c.current == nil && o.state == untried && first(o.Version) {
			return o.Version, true
		}
		if o.state == untried && (!ok || o.Compare(best) > 0) {
			best, ok = o.Version, true
		}
	}
	return best, ok
}

// tried records how a try of v ended. If it serves, the versions that nobody
// tried because they come before it are dropped and returned, oldest first.
func (c *candidates) tried(v watch.Version, serves bool) (passed []watch.Version) {
	for i := range c.files {
		switch {
		case c.files[i].Path != v.Path:
		case serves:
			c.files[i].state, c.current = loaded, &v
		default:
			c.files[i].state = failed
		}
	}
	if !serves {
		return nil
	}
	c.files = slices.DeleteFunc(c.files, func(o candidate) bool {
		before := o.Compare(v) < 0
		if before && o.state == untried {
			passed = append(passed, o.Version)
		}
		return before
	})
	slices.SortFunc(passed, watch.Version.Compare)
	return passed
}

// isOlder reports whether v comes before the current version.
func (c *candidates) isOlder(v watch.Version) bool {
	return c.current != nil && v.Compare(*c.current) < 0
}

// isCurrent reports whether the current version came from v's file.
func (c *candidates) isCurrent(v watch.Version) bool {
	return c.current != nil && c.current.Path == v.Path
}
