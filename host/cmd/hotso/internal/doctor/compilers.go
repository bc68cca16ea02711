package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	goversion "go/version"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// goEnv is what go env says.
type goEnv struct{ GOVERSION, GOOS, GOARCH, CC, GOFLAGS, CGO_CFLAGS, CGO_CXXFLAGS, CGO_LDFLAGS string }

// Newest is the newest Go release that hotso's tests run with.
const Newest = "go1.27"

// lookAtCompilers looks at what builds libraries in dir, or anywhere, and reports whether the go command can
// be asked about a library.
func lookAtCompilers(ctx context.Context, f *findings, dir string) (usable bool) {
	out, err := run(ctx, dir, "go", "env", "-json", "GOVERSION", "GOOS", "GOARCH", "CC", "GOFLAGS", "CGO_CFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS")
	var env goEnv
	if err == nil {
		err = json.Unmarshal(out, &env)
	}
	if err != nil {
		const install = "install Go (go.dev/dl) and have it in PATH"
		switch missing := errors.Is(err, exec.ErrNotFound); {
		case missing && !inModule(dir): // as where libraries are only served
			f.careful("go", "it is not in PATH: libraries can be served, and not built", install)
		case missing:
			f.bad("go", err.Error(), install)
		default:
			f.bad("go", err.Error(), mendOf(err))
		}
		return false
	}
	if release := fmt.Sprintf("%s for %s/%s", env.GOVERSION, env.GOOS, env.GOARCH); Tried(env.GOVERSION) {
		f.good("go", "%s", release)
	} else {
		f.careful("go", release+": newer than what this hotso was tried with, "+Newest, "use a newer hotso, or build libraries with GOTOOLCHAIN="+Newest+".0")
	}
	usable = lookAtFlags(f, env)
	lookAtCC(ctx, f, env)
	return usable
}

// inModule reports whether there is a go.mod in dir, or above it.
func inModule(dir string) bool {
	dir, err := filepath.Abs(dir)
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return true
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return false
}

// Tried reports whether hotso's tests run with a release: a private copy is patched where the Go runtime has its functions,
// so a new one may need a new hotso. What is no release, as a development version, counts as new.
func Tried(release string) bool {
	return goversion.IsValid(release) && goversion.Compare(goversion.Lang(release), Newest) <= 0
}

// mendOf is what to do when the go command fails.
func mendOf(err error) string {
	if strings.Contains(err.Error(), "requires go >=") || strings.Contains(err.Error(), "GOTOOLCHAIN") {
		return "install that release of Go (go.dev/dl), or let the go command fetch it: go env -w GOTOOLCHAIN=auto"
	}
	return "mend what it says"
}

// lookAtFlags looks for what breaks libraries whatever their source is, and reports whether they can be looked at all the same.
func lookAtFlags(f *findings, env goEnv) (usable bool) {
	usable = true
	flags := strings.Fields(env.GOFLAGS)
	for _, bad := range []string{"-race", "-msan", "-asan"} {
		if slices.Contains(flags, bad) || slices.Contains(flags, bad+"=true") {
			f.bad("GOFLAGS", bad+": a library with it ends its host", "leave it out for hotso build; tests of the library may have it")
			usable = false
		}
	}
	for _, v := range []struct{ name, value string }{
		{"CGO_CFLAGS", env.CGO_CFLAGS}, {"CGO_CXXFLAGS", env.CGO_CXXFLAGS}, {"CGO_LDFLAGS", env.CGO_LDFLAGS},
	} {
		for _, bad := range []struct{ flag, why string }{
			{"-fsanitize", "its runtime has to be in the process from the start"},
			{"-ftls-model=initial-exec", "such thread-local storage can't be in what is loaded later"},
			{"-fvisibility=hidden", "hosts do not see the exported functions"},
			{"-static", "a library is a shared object"},
		} {
			if i := slices.IndexFunc(strings.Fields(v.value), func(s string) bool { return s == bad.flag || strings.HasPrefix(s, bad.flag+"=") }); i >= 0 {
				f.bad(v.name, strings.Fields(v.value)[i]+": "+bad.why, "leave it out for hotso build: go env -u "+v.name+", or unset it in the environment")
			}
		}
	}
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
	return said(cmd)
}

// said is what a command writes to stdout. Its error has what it writes to stderr.
func said(cmd *exec.Cmd) ([]byte, error) {
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err == nil {
		return out, nil
	}
	if text := strings.Join(strings.Fields(problems.String()), " "); text != "" {
		return nil, errors.New(text[:min(len(text), 400)])
	}
	return nil, fmt.Errorf("%s: %w", cmd.Args[0], err)
}
