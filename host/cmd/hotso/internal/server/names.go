package server

import (
	"errors"
	"maps"
	"os"
	"slices"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/version"
	"github.com/hotso/hotso/host/watch"
)

// Names lists the names of the libraries that have a version in dir which the options, those of
// the name if optionsOf is not nil, would let a slot load: an empty file, a text or a library without a signature, if there must be one, says
// nothing about which one the server is to serve. If there is no such version, the error says
// why not, for one of them.
func Names(dir string, optionsOf func(name string) []host.Option) ([]string, error) {
	var s namesSeen
	files, err := namesOfFiles(dir)
	if err != nil {
		return nil, err
	}
	var why error
	names := slices.DeleteFunc(files, func(name string) bool {
		var opts []host.Option
		if optionsOf != nil {
			opts = optionsOf(name)
		}
		_, refusal := s.judge(dir, name, opts)
		if why == nil {
			why = refusal
		}
		return refusal != nil
	})
	if len(names) > 0 {
		why = nil
	}
	return names, why
}

// namesOfFiles are those that the files in a directory are called by, in order.
func namesOfFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, e := range entries {
		if name, _, ok := version.ParseFileName(e.Name()); ok {
			found[name] = true
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// namesSeen remembers files that were judged: one that has not changed is not read again. The
// zero value is ready.
type namesSeen struct{ refused map[watch.Version]error }

var errNoVersion = errors.New("no version")

// judge returns nil if a file with the name of a library is one, or why the newest is not, and which that is.
func (s *namesSeen) judge(dir, name string, opts []host.Option) (newest watch.Version, why error) {
	opts = append([]host.Option{host.CheckFileName()}, opts...)
	list, _ := watch.List(dir, name)
	for _, v := range slices.Backward(list) {
		err, known := s.refused[v]
		if !known {
			_, err = host.Inspect(v.Path, opts...)
		}
		if err == nil {
			return v, nil
		}
		if s.refused == nil {
			s.refused = map[watch.Version]error{}
		}
		s.refused[v] = err
		if why == nil {
			newest, why = v, err
		}
	}
	if why == nil {
		why = errNoVersion // any more
	}
	return newest, why
}
