package libbuild

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"aead.dev/minisign"
	"golang.org/x/mod/semver"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/schema"
)

// Options say what to build. Dir and Version are required.
type Options struct {
	Dir     string // the package's directory, of any module; or an import path, seen from the working directory
	Name    string // the library's name; default: the base name of the package's directory without "lib"
	Version string // "2", "2.1", "2.1.0" or "2.1.0-rc1"
	Output  string // directory of the library, made if it is not there; default "build"

	Key *minisign.PrivateKey // to sign with; nil: not signed

	LDFlags string // for go build -ldflags
	Tags    string // for go build -tags
	Strip   bool   // leave out the symbol table and DWARF
	Shared  bool   // do not link the compilers' libraries, such as libstdc++, statically
	Race    bool   // build with the race detector
	Verbose bool   // print the packages as they are compiled, and the commands
	// Quick is for a library that is replaced in a minute: without DWARF, which takes half of the build, without
	// what version control says, and not synced to disk. The toolchain collects its garbage later.
	Quick bool
	Debug bool // with Quick: with DWARF, for a debugger
	// Facts are those of an earlier Build, if nothing has changed since in the package itself, in its contracts, the
	// packages that it exports functions of, and go.mod; nil: they are found out. Build changes nothing of them.
	Facts *Facts
	Timed bool // find out where the time goes: Result.Times

	// Contract reads the schema of the contract in a directory from its source, to find out whether what
	// hotso gen wrote there is up to date; nil: it is taken to be.
	Contract func(ctx context.Context, dir string, tags ...string) (*schema.Schema, error)

	Env    []string  // KEY=value, on top of the process's environment (GOARCH, CC, GOFLAGS, ...)
	Stderr io.Writer // receives what the compilers print; nil: only the error of a failing command has it
}

// check fills in defaults and reports what is wrong before any work is done.
func (o *Options) check() error {
	if o.Dir == "" {
		o.Dir = "."
	}
	if o.Output == "" {
		o.Output = "build"
	}
	if o.Stderr == nil {
		o.Stderr = io.Discard
	}
	if o.Name != "" {
		if err := checkName(o.Name); err != nil {
			return err
		}
	}
	return checkVersion(o.Version)
}

// What package watch finds, see host/internal/version.
var nameRE = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

func checkName(name string) error {
	if len(name) > abi.MaxName || !nameRE.MatchString(name) {
		return fmt.Errorf("%w: %q: use up to %d letters, digits, - and _, the first a letter",
			ErrName, name, abi.MaxName)
	}
	return nil
}

// DefaultName is the name of a library whose package is in dir: its base name
// without "lib".
func DefaultName(dir string) string {
	base := filepath.Base(dir)
	if name := strings.TrimPrefix(base, "lib"); name != "" {
		return name
	}
	return base
}

// checkVersion accepts only what counts in the order of versions: build metadata
// ("+...") would make two files of equal rank.
func checkVersion(version string) error {
	if !semver.IsValid("v"+version) || semver.Build("v"+version) != "" || len(version) > abi.MaxName {
		return fmt.Errorf("%w: %q: use a semantic version without v, such as 2, 2.1, 2.1.0 or 2.1.0-rc1",
			ErrVersion, version)
	}
	return nil
}

// fileName is the name of a version's file.
func fileName(name, version string) string { return "lib" + name + ".v" + version + ".so" }

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
