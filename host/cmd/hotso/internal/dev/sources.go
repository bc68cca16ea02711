package dev

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotso/hotso/host/cmd/hotso/internal/gocmd"
	"github.com/hotso/hotso/host/internal/gen"
)

// A SourceSet is what a build reads of what people edit: the packages of the main module, and of
// those that a workspace or a replacement has beside it, what they embed, and what says which
// modules there are.
type SourceSet struct {
	Dirs  []string // of packages; any source file may come there
	Files []string // go.mod and its kin, and what is embedded
	Main  []string // of Dirs, those of the main modules: only they have what their tests import
	// Contracts are the directories of packages that have one.
	Contracts []string
	// Generated are the directories of packages that hotso gen reads: what changes elsewhere does not
	// change what it writes.
	Generated []string
	// Incomplete: something of it is not there, or does not parse, so there may be more.
	Incomplete bool
}

// join is both.
func (s SourceSet) join(o SourceSet) SourceSet {
	union := func(a, b []string) []string { return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b)))) }
	return SourceSet{
		Dirs: union(s.Dirs, o.Dirs), Files: union(s.Files, o.Files), Main: union(s.Main, o.Main),
		Contracts: union(s.Contracts, o.Contracts), Generated: union(s.Generated, o.Generated),
		Incomplete: s.Incomplete || o.Incomplete,
	}
}

// has reports whether a file is, or would be, one of the sources.
func (s SourceSet) has(path string) bool {
	return slices.Contains(s.Files, path) || slices.Contains(s.Dirs, filepath.Dir(path)) && isSource(filepath.Base(path))
}

// listed is a package, as go list tells of it.
type listed struct {
	Dir        string
	ImportPath string
	Imports    []string
	Standard   bool
	GoFiles    []string
	CgoFiles   []string
	EmbedFiles []string
	Incomplete bool
	Module     *struct {
		Main    bool
		GoMod   string
		Replace *struct{ Version string }
	}
}

// edited reports whether people edit the package: it is in no cache of modules.
func (p *listed) edited() bool {
	return !p.Standard && p.Module != nil && (p.Module.Main || p.Module.Replace != nil && p.Module.Replace.Version == "")
}

// Sources lists what a build of the package in dir reads. It does so also if something does not
// compile, as far as the go command can.
func Sources(ctx context.Context, dir string, tags string) (SourceSet, error) {
	args := []string{"list", "-e", "-deps", "-json=Dir,ImportPath,Imports,Standard,GoFiles,CgoFiles,EmbedFiles,Incomplete,Module"}
	if tags != "" {
		args = append(args, "-tags", tags)
	}
	out, err := gocmd.Output(ctx, dir, []string{withCgo}, append(args, ".")...)
	if err != nil {
		return SourceSet{}, err
	}
	var set SourceSet
	read := map[string]bool{} // by import path: hotso gen reads it
	var edited []*listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return SourceSet{}, fmt.Errorf("go list: %w", err)
		}
		set.Incomplete = set.Incomplete || p.Incomplete
		if !p.edited() || p.Dir == "" {
			continue
		}
		set.Dirs = append(set.Dirs, p.Dir)
		edited = append(edited, &p)
		if p.Module.Main {
			set.Main = append(set.Main, p.Dir)
		}
		for _, f := range p.EmbedFiles {
			set.Files = append(set.Files, filepath.Join(p.Dir, f))
		}
		if mod := p.Module.GoMod; mod != "" && !slices.Contains(set.Files, mod) {
			set.Files = append(set.Files, mod, filepath.Join(filepath.Dir(mod), "go.sum"))
		}
		if slices.ContainsFunc(slices.Concat(p.GoFiles, p.CgoFiles), func(f string) bool { return hasContract(filepath.Join(p.Dir, f)) }) {
			set.Contracts = append(set.Contracts, p.Dir)
			read[p.ImportPath] = true
		}
	}
	set.Generated = generatedFrom(edited, read)
	if work, err := gocmd.Output(ctx, dir, []string{withCgo}, "env", "GOWORK"); err == nil {
		if f := strings.TrimSpace(string(work)); f != "" && f != "off" {
			set.Files = append(set.Files, f, f+".sum")
		}
	}
	if len(set.Dirs) == 0 {
		return SourceSet{}, fmt.Errorf("%s: no package that could be edited: is it a directory of a module?", dir)
	}
	return set, nil
}

// generatedFrom are the directories of the packages that hotso gen reads: the library, which is the last in
// the order of go list -deps, the contracts, and what these import. A library that has functions of other
// packages exported may read any.
func generatedFrom(edited []*listed, read map[string]bool) (dirs []string) {
	for i, p := range slices.Backward(edited) { // each before what it imports
		library := i == len(edited)-1
		if library && slices.ContainsFunc(slices.Concat(p.GoFiles, p.CgoFiles), func(f string) bool { return exportsOthers(filepath.Join(p.Dir, f)) }) {
			for _, p := range edited {
				dirs = append(dirs, p.Dir)
			}
			return dirs
		}
		if read[p.ImportPath] {
			for _, path := range p.Imports {
				read[path] = true
			}
		}
		if library || read[p.ImportPath] {
			dirs = append(dirs, p.Dir)
		}
	}
	return dirs
}

// exportsOthers reports whether a file names packages whose functions the library exports.
func exportsOthers(path string) bool {
	text, err := os.ReadFile(path)
	return err != nil || bytes.Contains(text, []byte("//hotso:package"))
}

// hasContract reports whether a file has the directive above an interface. One that names a package is
// in a library's package main, and means that one.
func hasContract(path string) bool {
	text, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(strings.Split(string(text), "\n"), func(line string) bool {
		return strings.TrimRight(line, " \t\r") == "//hotso:contract"
	})
}

// withCgo is for what looks at a library, whatever the environment of its host says.
const withCgo = "CGO_ENABLED=1"

// isSource reports whether a file of that name can be part of a package (go help packages, go help
// cgo), and is written by people. What editors write beside a file begins with a dot or ends otherwise.
func isSource(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == gen.GoFile {
		return false
	}
	switch filepath.Ext(name) {
	case ".go", ".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".m", ".mm", ".s", ".S", ".sx", ".swig", ".swigcxx", ".syso", ".f", ".F", ".for", ".f90":
		return true
	}
	return false
}

// isTest reports whether a source is of a test: vet and tests look at it, and what is built has nothing of it.
func isTest(path string) bool { return strings.HasSuffix(path, "_test.go") }
