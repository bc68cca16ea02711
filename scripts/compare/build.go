package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// An artefact is something that is built for one or more contenders.
type artefact string

const (
	libraries   artefact = "libraries"
	shopLibrary artefact = "library of orders"
	plain0      artefact = "program without cgo"
	plainCgo    artefact = "program with cgo"
	plugins     artefact = "plugins"
	wasm        artefact = "wasm module"
)

// Loads of the leak job: leakFirst that do not count, then leakLoads that do. A plugin
// can be loaded only once per plugin path, and each path takes a link of its own, so
// there is one plugin that does not count, and leakPlugins that do.
const (
	leakFirst   = 5
	leakLoads   = 20
	leakPlugins = 3
)

// errBuild says that something that a contender needs could not be built.
var errBuild = errors.New("build failed")

// built is what there is to compare with.
type built struct {
	files    Files
	programs map[bool]string // true: built with cgo
	failed   map[artefact]error
}

// build builds into dir what the contenders need. What fails is remembered, and
// the others go on.
func build(ctx context.Context, dir string, list []Contender) (*built, error) {
	root, err := run(ctx, nil, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/hotso/hotso")
	if err != nil {
		return nil, err
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	b := &built{
		programs: map[bool]string{false: in("compare"), true: in("compare-cgo")},
		failed:   map[artefact]error{},
		files: Files{
			Greeter: in("libgreeter.v1.so"), Echo: in("libecho.v1.so"), Shop: in("libshop.v1.so"), Wasm: in("greeter.wasm"),
			Source: filepath.Join(root, "libgreeter", "greeter", "greeter.go"), Server: in("compare"),
		},
	}
	for i := range leakPlugins + 1 {
		b.files.Plugins = append(b.files.Plugins, in(fmt.Sprintf("plugin%d.so", i)))
	}
	for _, step := range []struct {
		makes artefact
		do    func() error
	}{
		{libraries, func() error { return b.libraries(ctx, root, dir) }},
		{shopLibrary, func() error { return hotsoBuild(ctx, root, dir, filepath.Join("guest", "libshop")) }},
		{plain0, func() error { return goBuild(ctx, "CGO_ENABLED=0", "-o", b.programs[false], ".") }},
		{plainCgo, func() error { return goBuild(ctx, "CGO_ENABLED=1", "-o", b.programs[true], ".") }},
		{plugins, func() error { return b.plugins(ctx) }},
		{wasm, func() error {
			return goBuild(ctx, "GOOS=wasip1 GOARCH=wasm CGO_ENABLED=0", "-buildmode=c-shared", "-o", b.files.Wasm, "./guest/wasm")
		}},
	} {
		if !slices.ContainsFunc(list, func(c Contender) bool { return slices.Contains(c.needs(), step.makes) }) {
			continue
		}
		fmt.Fprintln(os.Stderr, "building:", step.makes)
		if err := step.do(); err != nil {
			b.failed[step.makes] = fmt.Errorf("%s: %w: %w", step.makes, errBuild, err)
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	return b, nil
}

// hotsoBuild builds libraries with the hotso command, as any user does.
func hotsoBuild(ctx context.Context, root, dir string, libs ...string) error {
	command := filepath.Join(dir, "hotso")
	if _, err := run(ctx, nil, "go", "build", "-C", root, "-o", command, "./host/cmd/hotso"); err != nil {
		return err
	}
	for _, lib := range libs {
		if _, err := run(ctx, nil, command, "build", lib, "--version", "1", "-o", dir); err != nil {
			return err
		}
	}
	return nil
}

// libraries builds the two libraries of most jobs.
func (b *built) libraries(ctx context.Context, root, dir string) error {
	err := hotsoBuild(ctx, root, dir, filepath.Join(root, "libgreeter"), filepath.Join(root, "testdata", "libs", "echo"))
	if err != nil {
		return err
	}
	data, err := os.ReadFile(b.files.Greeter)
	for i := 0; i < leakFirst+leakLoads && err == nil; i++ {
		path := filepath.Join(dir, fmt.Sprintf("copy%d.so", i))
		b.files.Copies = append(b.files.Copies, path)
		err = os.WriteFile(path, data, 0o755)
	}
	return err
}

// plugins builds the same plugin under several plugin paths. The plugin path of a
// package that is named by its files is a hash of them, so a comment is enough to
// change it.
func (b *built) plugins(ctx context.Context) error {
	source, err := os.ReadFile(filepath.Join("guest", "plugin", "main.go"))
	if err != nil {
		return err
	}
	for i, path := range b.files.Plugins {
		main := strings.TrimSuffix(path, ".so") + ".go"
		if err := os.WriteFile(main, fmt.Appendf(source, "\n// %d\n", i), 0o666); err != nil {
			return err
		}
		if err := goBuild(ctx, "CGO_ENABLED=1", "-buildmode=plugin", "-o", path, main); err != nil {
			return err
		}
	}
	return nil
}

func goBuild(ctx context.Context, env string, args ...string) error {
	_, err := run(ctx, strings.Fields(env), "go", append([]string{"build"}, args...)...)
	return err
}

// run returns what a command prints; if it fails, the error has what it said on stderr.
func run(ctx context.Context, env []string, name string, args ...string) (string, error) {
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", filepath.Base(name), args[0], err, bytes.TrimSpace(said.Bytes()))
	}
	return string(bytes.TrimSpace(out)), nil
}
