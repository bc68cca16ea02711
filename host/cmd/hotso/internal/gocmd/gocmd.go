// Package gocmd runs the go command, for those whose error is all that it says.
package gocmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"

	"github.com/hotso/hotso/host/internal/libbuild"
)

// Output runs the go command in dir, with env on top of the environment, and returns what it writes to stdout. The
// error is libbuild.ErrGo, with what it writes to stderr.
func Output(ctx context.Context, dir string, env []string, args ...string) ([]byte, error) {
	var problems bytes.Buffer
	cmd := command(ctx, dir, env, args)
	cmd.Stderr = &problems
	out, err := cmd.Output()
	return out, failed(args, err, problems.Bytes())
}

// Run is Output for a command whose stdout says as well what is wrong, as that of go test does.
func Run(ctx context.Context, dir string, env []string, args ...string) error {
	out, err := command(ctx, dir, env, args).CombinedOutput()
	return failed(args, err, out)
}

func command(ctx context.Context, dir string, env, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), env...)
	return cmd
}

func failed(args []string, err error, said []byte) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("%w: %w: install Go and put it in PATH", libbuild.ErrGo, err)
	}
	return fmt.Errorf("%w: go %s: %w\n%s", libbuild.ErrGo, args[0], err, bytes.TrimSpace(said))
}
