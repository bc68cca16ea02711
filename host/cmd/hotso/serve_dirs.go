package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/registry"
)

// checkDirs refuses directories and channels that can't be served. They may not exist yet.
func checkDirs(dirs []string) error {
	for i, dir := range dirs {
		if slices.Contains(dirs[:i], dir) {
			return usagef("%s is given twice", dir)
		}
		if isChannel(dir) {
			if _, err := registry.ParseTagged(dir); err != nil {
				return usageError{err}
			}
			continue
		}
		if err := checkScheme(dir); err != nil {
			return err
		}
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

// look returns the libraries that are there, and for which files the server waits, empty if it does not have to. It
// refuses directories that have the same library.
func (s *setup) look() (names []string, waitsFor string, err error) {
	in := map[string]string{}
	for i, dir := range s.dirs {
		names, _ := server.Names(dir, s.trust) // DIR may not exist yet
		for _, name := range names {
			if len(s.Names) > 0 && !slices.Contains(s.Names, name) {
				continue
			}
			if other, ok := in[name]; ok {
				return nil, "", usagef("%s and %s have the same library, %s: remove it from one of them, or choose others with --name", other, s.Directories[i], name)
			}
			in[name] = s.Directories[i]
		}
	}
	for _, name := range s.Names {
		if in[name] == "" && waitsFor == "" {
			waitsFor = name
		}
	}
	if len(s.Names) == 0 && len(in) == 0 {
		waitsFor = "NAME"
	}
	if waitsFor != "" {
		waitsFor = fmt.Sprintf("lib%s.vVERSION.so in %s", waitsFor, strings.Join(s.Directories, ", "))
	}
	return slices.Sorted(maps.Keys(in)), waitsFor, nil
}

// trust are the options by which files of a library are judged.
func (s *setup) trust(library string) []host.Option {
	if keys := s.veto(library).keys; len(keys) > 0 {
		return []host.Option{host.TrustKeys(keys...)}
	}
	return nil
}

// makeSockets makes the sockets. Unless one was asked for, they need not be there yet: DIR
// may come later or have another server, and the server goes on to try and says why.
func (s *setup) makeSockets(up *upgrading) (sockets []*server.Socket, err error) {
	if s.Socket != "" {
		socket := server.NewSocket(s.Socket)
		up.adopt(socket)
		_, err := socket.Make()
		return []*server.Socket{socket}, err
	}
	for _, dir := range s.dirs {
		socket := server.SocketIn(dir)
		up.adopt(socket)
		_, _ = socket.Make()
		sockets = append(sockets, socket)
	}
	return sockets, nil
}
