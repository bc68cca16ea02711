package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

const root = "../.."

// built is what hotso serve needs.
type built struct {
	dir, hotso string
}

// build builds the command, and that many versions of the greeter, as any user does.
func build(dir string, versions int) (*built, error) {
	b := &built{dir, filepath.Join(dir, "hotso")}
	if err := run("go", "build", "-C", root, "-o", b.hotso, "./host/cmd/hotso"); err != nil {
		return nil, err
	}
	for v := 1; v <= versions; v++ {
		fmt.Fprintf(os.Stderr, "building v%d of %d\n", v, versions)
		if err := run(b.hotso, "build", filepath.Join(root, "libgreeter"), "--version", fmt.Sprint(v), "-o", dir); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// deploy has a version in a directory that is served, all at once.
func (b *built) deploy(to string, version int) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	file := fmt.Sprintf("libgreeter.v%d.so", version)
	return os.Link(filepath.Join(b.dir, file), filepath.Join(to, file))
}

func run(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w\n%s", name, args, err, out)
	}
	return nil
}
