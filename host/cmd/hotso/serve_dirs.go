package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/version"
)

// checkDirs refuses directories that can't be served. They may not exist yet.
func checkDirs(dirs []string) error {
	for i, dir := range dirs {
		if info, err := os.Stat(dir); err == nil && !info.IsDir() {
			return usagef("%s is not a directory", dir)
		}
		for _, before := range dirs[:i] {
			if sameDir(before, dir) {
				return usagef("%s and %s are the same directory", before, dir)
			}
		}
	}
	return nil
}

func sameDir(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	there, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(there, other)
}

// look returns for which files the server waits, empty if it does not have to, and refuses
// directories that have the same library.
func (f serveFlags) look(dirs []string, trust []host.Option) (waitsFor string, err error) {
	in := map[string]string{}
	for _, dir := range dirs {
		names, _ := server.Names(dir, trust...) // DIR may not exist yet
		for _, name := range names {
			if len(f.names) > 0 && !slices.Contains(f.names, name) {
				continue
			}
			if other, ok := in[name]; ok {
				return "", usagef("%s and %s have the same library, %s: remove it from one of them, or choose others with --name", other, dir, name)
			}
			in[name] = dir
		}
	}
	for i, name := range f.names {
		if err := version.CheckName(name); err != nil {
			return "", usageError{err}
		}
		if slices.Contains(f.names[:i], name) {
			return "", usagef("--name %s: it is given twice", name)
		}
		if in[name] == "" && waitsFor == "" {
			waitsFor = name
		}
	}
	if len(f.names) == 0 && len(in) == 0 {
		waitsFor = "NAME"
	}
	if waitsFor != "" {
		waitsFor = fmt.Sprintf("lib%s.vVERSION.so in %s", waitsFor, strings.Join(dirs, ", "))
	}
	return waitsFor, nil
}
