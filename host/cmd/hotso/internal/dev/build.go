package dev

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/hotso/hotso/host/cmd/hotso/internal/gocmd"
	"github.com/hotso/hotso/host/internal/gen"
	"github.com/hotso/hotso/host/internal/libbuild"
	"github.com/hotso/hotso/host/internal/version"
)

// A build is one that is under way.
type build struct {
	files  []string
	giveUp context.CancelFunc
}

// built is a build that has ended, and what the sources are since.
type built struct {
	Result
	sources sources
}

// start builds what has changed. It sends to results once, also if it was given up.
func (b *Builder) start(ctx context.Context, files []string, of sources, results chan<- built) *build {
	ctx, cancel := context.WithCancel(ctx)
	is := built{Result: Result{Dir: b.Dir, Files: files, Begun: time.Now(), Timed: b.Timed}, sources: of}
	if b.begun {
		is.Saved = lastSaved(files, is.Begun)
		is.Times.Notice = is.Begun.Sub(is.Saved)
	}
	go func() {
		defer cancel()
		if b.make != nil {
			is.Err = b.make(ctx, &is)
		} else {
			is.Err = b.run(ctx, &is)
		}
		is.Host = is.Host || b.hostWaits // for a build that goes well
		b.hostWaits, b.failed = is.Host && is.Err != nil, is.Err != nil
		is.Took = time.Since(is.Begun)
		results <- is
	}()
	return &build{files, cancel}
}

func (b *Builder) run(ctx context.Context, is *built) error {
	of := is.sources
	is.Host = b.hostWaits || slices.ContainsFunc(is.Files, of.host.has)
	library := slices.ContainsFunc(is.Files, of.library.has)
	if library && !b.failed && !slices.ContainsFunc(is.Files, func(f string) bool { return of.library.has(f) && !isTest(f) }) {
		return b.check(ctx, of.library, b.Vet, b.Test)() // what serves has not changed
	}
	switch {
	case !library:
		return nil
	case !b.begun || b.failed || of.generatedFrom(is.Files):
		return b.generateAndBuild(ctx, is)
	}
	checks := b.check(ctx, of.library, b.Vet && b.Strict, b.Test) // while it is built
	err := b.library(ctx, is, checks)
	_ = checks()
	return err
}

// generateAndBuild builds while hotso gen looks, which seldom has something to write: then what is being built
// is given up, and built with that. The first build waits for it.
func (b *Builder) generateAndBuild(ctx context.Context, is *built) (err error) {
	begin, of := time.Now(), is.sources
	b.facts = nil
	var wrote bool
	var failed error
	checks := func() error { return nil }
	generated := make(chan struct{})
	ahead, giveUp := context.WithCancel(ctx)
	defer giveUp()
	go func() {
		defer close(generated)
		if wrote, failed = b.generate(ctx, of); wrote || failed != nil {
			giveUp()
		}
		if failed == nil {
			checks = b.check(ctx, of.library, b.Vet && b.Strict, b.Test)
		}
	}()
	if b.begun {
		err = b.library(ahead, is, func() error {
			waited := time.Now()
			<-generated
			is.Times.Generate = time.Since(waited)
			if err := ahead.Err(); err != nil {
				return err
			}
			return checks()
		})
	}
	<-generated
	if failed != nil {
		return failed
	}
	if wrote || !b.begun {
		b.begun = true
		is.Times.Generate = time.Since(begin)
		is.Host = is.Host || wrote
		err = b.library(ctx, is, checks)
	}
	_ = checks()
	return err
}

// lastSaved is when the last of the files was written; now if that can't be told: a file that is moved
// keeps its time.
func lastSaved(files []string, now time.Time) time.Time {
	var last time.Time
	for _, f := range files {
		if info, err := os.Stat(f); err == nil && info.ModTime().After(last) {
			last = info.ModTime()
		}
	}
	if last.After(now) || now.Sub(last) > 2*restless {
		return now
	}
	return last
}

// A review is what follows a build when its version serves: what the sources are now, and what go vet says.
type review struct {
	of     built
	giveUp context.CancelFunc // of vet; the sources are found out anyway
	err    error              // of vet
}

// review reviews what was built. It sends to reviews once, also if it was given up.
func (b *Builder) review(ctx context.Context, is built, reviews chan<- *review) *review {
	short, cancel := context.WithCancel(ctx)
	r := &review{of: is, giveUp: cancel}
	go func() {
		defer cancel()
		before := is.sources
		r.of.sources = b.since(ctx, before)
		if b.Vet && !b.Strict && is.Library != nil {
			if err := b.check(short, r.of.sources.library, true, false)(); short.Err() == nil {
				r.err = err
			}
		}
		reviews <- r
	}()
	return r
}

// generate writes what hotso gen does for the library and the contracts that it knows, those first.
func (b *Builder) generate(ctx context.Context, of sources) (wrote bool, err error) {
	for _, dir := range append(slices.Clone(of.library.Contracts), b.Dir) {
		var tags []string
		if b.Tags != "" {
			tags = []string{b.Tags}
		}
		pending, err := gen.Pending(ctx, dir, tags...)
		if err != nil {
			return wrote, err
		}
		wrote = wrote || len(pending) > 0
		if err := gen.Write(dir, pending); err != nil {
			return wrote, err
		}
	}
	return wrote, nil
}

// check begins to run what a version must pass, of the packages of the main module. The function that it
// returns waits for it, and says what was wrong.
func (b *Builder) check(ctx context.Context, library SourceSet, vet, test bool) func() error {
	dirs := slices.DeleteFunc(slices.Clone(library.Main), func(dir string) bool { // one that is gone is no part of it any more
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		return err != nil || len(files) == 0
	})
	var running sync.WaitGroup
	var errs [2]error
	for i, c := range []struct {
		wanted  bool
		command string
	}{{vet, "vet"}, {test, "test"}} {
		if c.wanted {
			running.Go(func() { errs[i] = b.checkBy(ctx, c.command, dirs) })
		}
	}
	return func() error {
		running.Wait()
		return errors.Join(errs[:]...)
	}
}

// checkBy runs a command of go's on packages. What passed and has not changed since, it need not do again.
func (b *Builder) checkBy(ctx context.Context, command string, dirs []string) error {
	args := []string{command}
	if b.Tags != "" {
		args = append(args, "-tags", b.Tags)
	}
	return gocmd.Run(ctx, b.Dir, append(slices.Clone(b.Env), "GOTMPDIR="+b.work, withCgo), append(args, dirs...)...)
}

// library builds the next version, and puts it into the directory if passed has no error. If its host is
// started again as well, the old one must not see it: Publish puts it there.
func (b *Builder) library(ctx context.Context, is *built, passed func() error) error {
	if err := os.MkdirAll(b.Output, 0o777); err != nil {
		return err
	}
	// In the same file system, and with a name that no watcher looks at.
	work, err := os.MkdirTemp(b.Output, ".dev-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	o := b.Options // what hotso gen writes is up to date
	o.Output, o.Facts, o.Env = work, b.facts, append(slices.Clone(b.Env), "GOTMPDIR="+b.work)
	if o.Version, err = b.nextVersion(); err != nil {
		return err
	}
	r, err := libbuild.Build(ctx, o)
	if err != nil {
		return err
	}
	if err := passed(); err != nil {
		return err
	}
	b.facts, is.Times.Times = r.Facts, r.Times
	path := filepath.Join(b.Output, filepath.Base(r.Path))
	is.Library = &r
	if is.Host && b.Host != "" {
		held := filepath.Join(b.Output, heldName)
		if err := os.Rename(r.Path, held); err != nil {
			return err
		}
		is.Publish = func() error { return b.publish(held, path) }
	} else {
		_ = os.Remove(filepath.Join(b.Output, heldName)) // this one comes after it
		err = b.publish(r.Path, path)
	}
	r.Path = path
	return err
}

// heldName is a library that waits for its host. No watcher looks at it.
const heldName = ".held"

func (b *Builder) publish(from, path string) error {
	if err := os.Rename(from, path); err != nil {
		return err
	}
	b.prune(path)
	return nil
}

// keep is how many of the versions that were built stay in the directory: there is one to go back to, and
// a host may be slow to load one.
const keep = 3

// prune removes the older versions, which a host has in memory if it needs them.
func (b *Builder) prune(latest string) {
	b.made = append(b.made, latest)
	for len(b.made) > keep {
		_ = os.Remove(b.made[0]) // somebody may have done so
		b.made = b.made[1:]
	}
}

// nextVersion is one that comes after all that are in the directory. After a failed build it is the
// same again.
func (b *Builder) nextVersion() (string, error) {
	entries, err := os.ReadDir(b.Output)
	if err != nil {
		return "", err
	}
	var last version.Version
	for _, e := range entries {
		if _, v, ok := version.ParseFileName(e.Name()); ok && version.Compare(v, last) > 0 {
			last = v
		}
	}
	next, err := version.Next(last)
	return next.String(), err
}
