//go:build linux

package fieldtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// build returns the file of a library, or why there is none.
func (r *runner) build(ctx context.Context, l Library) (file, why string) {
	for _, need := range l.Needs {
		if !found(ctx, need) {
			return "", fmt.Sprintf("the C compiler finds no %s; apt-get install %s", need, l.Install)
		}
	}
	run := func(args ...string) (why string) {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Dir = filepath.Join(r.Module, l.Dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			return last(out, err)
		}
		return ""
	}
	if len(l.Prepare) > 0 {
		if why := run(l.Prepare...); why != "" {
			return "", why
		}
	}
	why = run(r.hotso, "build", ".", "--version", "1", "--name", l.Name, "--tags", l.Tags, "--ldflags", l.LDFlags, "--output", r.dir)
	return filepath.Join(r.dir, "lib"+l.Name+".v1.so"), why
}

// found reports whether the C compiler finds a header or a library.
func found(ctx context.Context, file string) bool {
	if strings.HasSuffix(file, ".h") {
		cmd := exec.CommandContext(ctx, "c++", "-x", "c++", "-E", "-") // of C, too
		cmd.Stdin = strings.NewReader("#include <" + file + ">\n")
		return cmd.Run() == nil
	}
	// It prints the name as it is if there is no such file.
	out, err := exec.CommandContext(ctx, "cc", "-print-file-name="+file).Output()
	if err != nil || strings.TrimSpace(string(out)) == file {
		return false
	}
	_, err = os.Stat(strings.TrimSpace(string(out)))
	return err == nil
}

// last is the last line that a command printed, or its error.
func last(out []byte, err error) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if l := strings.TrimSpace(lines[len(lines)-1]); l != "" {
		return l
	}
	return err.Error()
}
