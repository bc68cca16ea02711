package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// goEnv is what go env says.
type goEnv struct{ GOVERSION, GOOS, GOARCH, CC, GOFLAGS, CGO_CFLAGS string }

// lookAtCompilers looks at what builds libraries in dir, or anywhere, and reports whether the go command can
// be asked about a library.
func lookAtCompilers(ctx context.Context, f *findings, dir string) (usable bool) {
	out, err := run(ctx, dir, "go", "env", "-json", "GOVERSION", "GOOS", "GOARCH", "CC", "GOFLAGS", "CGO_CFLAGS")
	var env goEnv
	if err == nil {
		err = json.Unmarshal(out, &env)
	}
	if err != nil {
		mend := "mend what it says"
		if errors.Is(err, exec.ErrNotFound) {
			mend = "install Go (go.dev/dl) and have it in PATH"
		}
		f.bad("go", err.Error(), mend)
		return false
	}
	f.good("go", "%s for %s/%s", env.GOVERSION, env.GOOS, env.GOARCH)
	usable = true
	flags := strings.Fields(env.GOFLAGS)
	for _, bad := range []string{"-race", "-msan", "-asan"} {
		if slices.Contains(flags, bad) || slices.Contains(flags, bad+"=true") {
			f.bad("GOFLAGS", bad+": a library with it ends its host", "leave it out for hotso build; tests of the library may have it")
			usable = false
		}
	}
	lookAtCC(ctx, f, env)
	return usable
}

// lookAtCC compiles a shared object, as cgo does.
func lookAtCC(ctx context.Context, f *findings, env goEnv) {
	const thing, mend = "C compiler", "install gcc or clang, or set CC (go env -w CC=...)"
	cc := strings.Fields(env.CC)
	if len(cc) == 0 {
		f.bad(thing, "none is set", mend)
		return
	}
	dir, err := os.MkdirTemp("", "hotso-doctor-")
	if err != nil {
		f.bad(thing, err.Error(), "make a directory for temporary files")
		return
	}
	defer os.RemoveAll(dir)
	source := filepath.Join(dir, "a.c")
	const text = "#include <pthread.h>\n#include <stdlib.h>\nint a(void) { return pthread_self() != 0 && malloc(1) != NULL; }\n"
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		f.bad(thing, err.Error(), "make room for temporary files")
		return
	}
	args := append(cc[1:], "-shared", "-fPIC", "-pthread", "-o", filepath.Join(dir, "a.so"), source)
	if _, err := run(ctx, "", cc[0], args...); err != nil {
		f.bad(thing, err.Error(), mend+", with the headers of the C library")
		return
	}
	out, err := run(ctx, "", cc[0], append(cc[1:], "--version")...)
	if first, _, _ := strings.Cut(string(out), "\n"); err == nil && first != "" {
		f.good(thing, "%s", first)
		return
	}
	f.good(thing, "%s", env.CC)
}

// run runs a command, in dir if it is not empty. Its error has what the command says.
func run(ctx context.Context, dir, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=1") // as hotso build has it
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err == nil {
		return out, nil
	}
	if text := strings.Join(strings.Fields(problems.String()), " "); text != "" {
		return nil, errors.New(text[:min(len(text), 400)])
	}
	return nil, fmt.Errorf("%s: %w", name, err)
}
