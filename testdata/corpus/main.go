// Command corpus is many libraries, one for each build tag, or for several tags at once. Each uses a
// Go module as programs do, has something of it open and under way from its start on, and closes
// nothing.
//
// The files are named after the tags. Each says by [busy] what it does.
package main

import "C"

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/hotso/hotso/cabi"
)

// variant chooses among the ways to leave a thing behind: -X main.variant=...
var variant string

var (
	mu   sync.Mutex
	work []func() error
)

// busy has open called at the start and then, whenever the library is called, more. What either
// returns as an error fails the start or the call.
func busy(open, more func() error) {
	work = append(work, more)
	cabi.OnStart(func(context.Context) error { return open() })
}

// Work does n times what the library does.
//
//export Work
func Work(n int64) int64 {
	defer cabi.Recover()
	mu.Lock()
	defer mu.Unlock()
	for range n {
		for _, more := range work {
			if err := more(); err != nil {
				panic(err)
			}
		}
	}
	return n
}

// places is how many directories there are for what only one version may have open: more than there
// are versions at a time, and fewer than reloads. So a lock that a version leaves behind makes a
// later one fail.
const places = 6

// free has open called with one directory after the other until one does not fail.
func free(open func(dir string) error) error {
	var errs []error
	for i := range places {
		dir := filepath.Join(os.TempDir(), "corpus", fmt.Sprint(i))
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
		err := open(dir)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return fmt.Errorf("each of %d directories is taken: %w", places, errors.Join(errs...))
}

// apart has open called with a directory of its own: for databases whose locks do not tell two versions
// in one process apart (fcntl(2), F_SETLK).
func apart(open func(dir string) error) error {
	dir, err := os.MkdirTemp("", "corpus")
	if err != nil {
		return err
	}
	return open(dir)
}

// must panics on an error: for what needs no cleaning up, because nothing here is.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func main() {}
