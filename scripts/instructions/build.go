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

// buildGreeter builds the reference library into dir, by the hotso command, as any
// user does.
func buildGreeter(ctx context.Context, dir string) (string, error) {
	root, err := command(ctx, "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return "", err
	}
	hotso := filepath.Join(dir, "hotso")
	if _, err := command(ctx, "go", "build", "-C", root, "-o", hotso, "./host/cmd/hotso"); err != nil {
		return "", err
	}
	_, err = command(ctx, hotso, "build", filepath.Join(root, "libgreeter"), "--version", "1", "-o", dir)
	return filepath.Join(dir, "libgreeter.v1.so"), err
}

// command returns what a command prints; what it says when it fails is in the error.
func command(ctx context.Context, name string, args ...string) (string, error) {
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", filepath.Base(name), args[0], err, bytes.TrimSpace(said.Bytes()))
	}
	return string(bytes.TrimSpace(out)), nil
}
