package hosttest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/hotso/hotso/host/internal/gen"
	"github.com/hotso/hotso/host/internal/libbuild"
)

// A BuildOption changes how [Build] builds a library.
type BuildOption func(*libbuild.Options)

// Named gives the library another name than its directory's.
func Named(name string) BuildOption { return func(o *libbuild.Options) { o.Name = name } }

// LDFlags are for the Go linker, as in LDFlags("-X main.mode=slow").
func LDFlags(flags string) BuildOption { return func(o *libbuild.Options) { o.LDFlags = flags } }

// Tags are for go build -tags.
func Tags(tags string) BuildOption { return func(o *libbuild.Options) { o.Tags = tags } }

// Build builds the library of the package in dir, as hotso build does, and returns its file, which is the test's
// own. It is built once for all tests of a test binary, and what the go command has in its cache is not
// compiled again. Where there is no C compiler the test is skipped; if the library can't be built, it fails.
func Build(t testing.TB, dir, version string, opts ...BuildOption) string {
	t.Helper()
	o := libbuild.Options{Dir: dir, Version: version, Contract: gen.Contract}
	for _, opt := range opts {
		opt(&o)
	}
	made, err := build(t.Context(), o)
	if errors.Is(err, libbuild.ErrNoCompiler) {
		t.Skip("hosttest: ", err)
	}
	if err != nil {
		t.Fatalf("hosttest: %s: %v", dir, err)
	}
	path := filepath.Join(t.TempDir(), made.name)
	if err := os.WriteFile(path, made.file, 0o666); err != nil {
		t.Fatalf("hosttest: %v", err)
	}
	return path
}

// builds are those of this process, by all that makes a difference.
var builds struct {
	sync.Mutex
	made map[string]*built
}

// built is a library, in memory: a directory that outlives the test would outlive the process, too.
type built struct {
	sync.Mutex
	name string
	file []byte // nil: not yet
}

func build(ctx context.Context, o libbuild.Options) (*built, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	if o.Dir = dir; !isDir(dir) {
		return nil, errors.New("it is not a directory")
	}
	key := fmt.Sprintf("%q", []string{dir, o.Name, o.Version, o.LDFlags, o.Tags})
	builds.Lock()
	if builds.made == nil {
		builds.made = map[string]*built{}
	}
	b := builds.made[key]
	if b == nil {
		b = &built{}
		builds.made[key] = b
	}
	builds.Unlock()
	b.Lock()
	defer b.Unlock()
	if b.file != nil {
		return b, nil
	}
	temp, err := os.MkdirTemp("", "hotso-hosttest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	o.Output = temp
	made, err := libbuild.Build(ctx, o)
	if err != nil {
		return nil, err
	}
	file, err := os.ReadFile(made.Path)
	if err != nil {
		return nil, err
	}
	b.name, b.file = filepath.Base(made.Path), file
	return b, nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
