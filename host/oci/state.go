package oci

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/hotso/hotso/host/internal/leftover"
	"github.com/hotso/hotso/host/internal/regular"
	"github.com/hotso/hotso/host/watch"
)

const (
	stateName   = "state.json"
	statePrefix = ".state-"
	linkPrefix  = ".link-"
	keepOlder   = 4 // versions beside the one that is to run
)

// A channel is the directory of a tag and a host: which version is to run here, and its file.
//
//	DIR/state.json
//	DIR/libraries/libgreeter.v2.so
type channel struct {
	dir   string
	state state
}

// A state survives the process.
type state struct {
	Reference string  `json:"reference"`
	Host      string  `json:"host"`
	Current   *chosen `json:"current,omitempty"`
}

// A chosen version is one that is to run here.
type chosen struct {
	Library  string `json:"library"`
	Version  string `json:"version"`
	Manifest string `json:"manifest"` // digest
	File     string `json:"file"`     // digest
	// Rollout is by which it came, and Base the digest of the manifest to go back to if that is aborted.
	Rollout string `json:"rollout,omitempty"`
	Base    string `json:"base,omitempty"`
	Over    bool   `json:"over,omitempty"` // the rollout was seen to be done
}

// openChannel makes the directory and reads what is there. A damaged state is none.
func openChannel(cache, reference, host string) (*channel, error) {
	sum := sha256.Sum256([]byte(reference + "\x00" + host))
	c := &channel{dir: filepath.Join(cache, "channels", hex.EncodeToString(sum[:8]))}
	if err := os.MkdirAll(c.libraries(), 0o700); err != nil {
		return nil, fmt.Errorf("make the cache: %w: choose another directory for it", err)
	}
	leftover.Sweep(c.dir, statePrefix)
	leftover.Sweep(c.libraries(), linkPrefix)
	_ = c.read()
	if s := c.state; s.Reference != reference || s.Host != host {
		c.state = state{Reference: reference, Host: host}
	}
	return c, nil
}

func (c *channel) libraries() string { return filepath.Join(c.dir, "libraries") }

const maxState = 64 << 10 // bytes

func (c *channel) read() error {
	f, info, err := regular.OpenNoFollow(filepath.Join(c.dir, stateName))
	if err != nil {
		return err
	}
	defer f.Close()
	if info.Size() > maxState {
		return errors.New("too large")
	}
	b := make([]byte, info.Size())
	if _, err := f.ReadAt(b, 0); err != nil {
		return err
	}
	if err := json.Unmarshal(b, &c.state); err != nil {
		c.state = state{}
		return err
	}
	return nil
}

// save replaces the state in one rename.
func (c *channel) save() error {
	b, err := json.Marshal(c.state)
	if err != nil {
		return err
	}
	return leftover.Replace(filepath.Join(c.dir, stateName), statePrefix, append(b, '\n'))
}

// put has the file at path be that of the version that is to run.
func (c *channel) put(path string, v chosen) (watch.Version, error) {
	if err := os.MkdirAll(c.libraries(), 0o700); err != nil { // again, if somebody has removed it
		return watch.Version{}, err
	}
	to := filepath.Join(c.libraries(), filepath.Base(path))
	if err := link(path, to); err != nil {
		return watch.Version{}, err
	}
	before := c.state.Current
	c.state.Current = &v
	if err := c.save(); err != nil {
		c.state.Current = before
		return watch.Version{}, err
	}
	found, ok := c.tidy()
	if !ok {
		return watch.Version{}, fmt.Errorf("%s: it has vanished: %w", to, os.ErrNotExist)
	}
	return found, nil
}

// tidy finds the version that is to run. Newer ones, which were taken back, go, and so do those that are much older.
func (c *channel) tidy() (watch.Version, bool) {
	list, at := c.list()
	if at < 0 {
		return watch.Version{}, false
	}
	for i, old := range list {
		if i > at || i < at-keepOlder {
			_ = os.Remove(old.Path)
		}
	}
	return list[at], true
}

// list has the versions on disk, and where the one that is to run is among them; -1 if nowhere.
func (c *channel) list() (list []watch.Version, at int) {
	v := c.state.Current
	if v == nil {
		return nil, -1
	}
	list, _ = watch.List(c.libraries(), v.Library)
	return list, slices.IndexFunc(list, func(w watch.Version) bool { return w.Text == v.Version })
}

// current is the version that is to run, as it was left on disk.
func (c *channel) current() (watch.Version, bool) {
	list, at := c.list()
	if at < 0 || digestOf(list[at].Path) != c.state.Current.File {
		return watch.Version{}, false
	}
	return list[at], true
}

// isThere reports whether there is a file of the version that is to run, whatever is in it.
func (c *channel) isThere() bool {
	_, at := c.list()
	return at >= 0
}

// link has a file be found under another name, whatever was there before: it appears in one rename. Where there are no links
// it is a copy.
func link(from, to string) error {
	if a, err := os.Stat(from); err == nil {
		if b, err := os.Lstat(to); err == nil && os.SameFile(a, b) {
			return nil
		}
	}
	dir, err := os.MkdirTemp(filepath.Dir(to), linkPrefix)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if held, err := os.Open(dir); err == nil { // for another process that sweeps
		defer held.Close()
		_ = leftover.Hold(held)
	}
	temp := filepath.Join(dir, filepath.Base(to))
	if err := os.Link(from, temp); err != nil {
		content, err2 := os.ReadFile(from)
		if err2 != nil {
			return err2
		}
		if err := os.WriteFile(temp, content, 0o555); err != nil {
			return err
		}
	}
	if err := os.Rename(temp, to); err == nil {
		return nil
	}
	_ = os.RemoveAll(to) // a directory, perhaps
	return os.Rename(temp, to)
}
