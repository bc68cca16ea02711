//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// A built is this program, and a library that was built from the same source.
type built struct{ program, library string }

// build is for the source that this program comes from, and is run in.
func build(ctx context.Context, dir string) (b built, err error) {
	if b.program, err = os.Executable(); err != nil {
		return b, err
	}
	root, err := command(ctx, "", "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return b, err
	}
	b.library, err = greeter(ctx, root, filepath.Join(dir, "now"))
	return b, err
}

// buildOf is for a commit, which may not have this program yet.
func buildOf(ctx context.Context, dir, commit string) (b built, err error) {
	root, err := command(ctx, "", "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return b, err
	}
	tree := filepath.Join(dir, "tree")
	if _, err := command(ctx, root, "git", "worktree", "add", "--detach", tree, commit); err != nil {
		return b, err
	}
	defer command(context.WithoutCancel(ctx), root, "git", "worktree", "remove", "--force", tree)
	own := filepath.Join(tree, "scripts", "many")
	if err := os.RemoveAll(own); err != nil {
		return b, err
	}
	if err := os.CopyFS(own, os.DirFS(filepath.Join(root, "scripts", "many"))); err != nil {
		return b, err
	}
	b.program = filepath.Join(dir, "before")
	if _, err := command(ctx, tree, "go", "build", "-o", b.program, "./scripts/many"); err != nil {
		return b, err
	}
	b.library, err = greeter(ctx, tree, filepath.Join(dir, "then"))
	return b, err
}

// greeter builds the reference library, by the hotso command, as any user does.
func greeter(ctx context.Context, root, dir string) (string, error) {
	hotso := filepath.Join(dir, "hotso")
	if _, err := command(ctx, root, "go", "build", "-o", hotso, "./host/cmd/hotso"); err != nil {
		return "", err
	}
	_, err := command(ctx, root, hotso, "build", "./libgreeter", "--version", "1", "-o", dir)
	return filepath.Join(dir, "libgreeter.v1.so"), err
}

// command returns what a command prints; what it says when it fails is in the error.
func command(ctx context.Context, dir, name string, args ...string) (string, error) {
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", filepath.Base(name), args[0], err, bytes.TrimSpace(said.Bytes()))
	}
	return string(bytes.TrimSpace(out)), nil
}
