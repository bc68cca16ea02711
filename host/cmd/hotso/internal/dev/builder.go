package dev

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hotso/hotso/host/internal/libbuild"
)

// A Builder builds a library whenever its sources change. Its functions are called one at a time.
type Builder struct {
	libbuild.Options        // Version is set for each build
	Vet, Test        bool   // go vet looks at what serves; a version must pass the tests of its packages
	Strict           bool   // a version must pass go vet, too
	Host             string // directory of the package of a host that runs beside it; "": none is known

	Changed func()              // a build begins
	Built   func(Result)        // it has ended, and no newer change has ended it
	Vetted  func(Result, error) // what go vet says of it, after Built; nil if it has nothing to say

	first     sources
	work      string // for files of the go command's, which it has no time to remove when it is ended
	begun     bool   // there was a build
	facts     *libbuild.Facts
	failed    bool // the last build did
	hostWaits bool // to be built again, for the library to build

	made []string // the versions that were built and are there, the oldest first

	quiet time.Duration                       // see defaultQuiet; 0 is that
	make  func(context.Context, *built) error // nil: run
}

// A Result is what became of a build.
type Result struct {
	Dir     string           // of the package
	Files   []string         // that changed, sorted; all of them for the first build
	Library *libbuild.Result // nil if only the host changed, or with Err
	Host    bool             // the host must be built again
	Publish func() error     // until the next build with a library: puts the library where the host sees it; nil if it is there
	Saved   time.Time        // when the last of the files was written; zero for the first build
	Begun   time.Time
	Took    time.Duration
	Timed   bool // Times has what go build has done
	Times   Times
	Err     error // of the step that failed, with what the tool said
}

// Times are where the time of a build went, one after the other.
type Times struct {
	Notice, Generate time.Duration // from the save until it was noticed; hotso gen
	libbuild.Times
}

// Prepare finds out what the sources are, or says why it can't.
func (b *Builder) Prepare(ctx context.Context) (err error) {
	b.first, err = b.sources(ctx)
	return err
}

// Run builds what Prepare has found, and builds again, until ctx ends.
func (b *Builder) Run(ctx context.Context) (err error) {
	sources := b.first
	if b.work, err = os.MkdirTemp("", "hotso-dev-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.work)
	ctx, cancel := context.WithCancel(ctx)
	w := newWatcher(ctx, cmp.Or(b.quiet, defaultQuiet))
	results, reviews := make(chan built), make(chan *review)
	var r reader
	var seen state
	var current *build
	var reviewed *review // under way, after a build
	defer func() {
		cancel()
		if current != nil {
			<-results
		}
		if reviewed != nil {
			<-reviews
		}
		_ = os.Remove(filepath.Join(b.Output, heldName))
	}()
	settle := func(v *review) {
		reviewed = nil
		r.adopt(seen, v.of.sources.all(), sources.all(), v.of.Begun)
		sources = v.of.sources
		w.watch(sources.all())
	}
	look := func(why look) {
		now := r.read(sources.all())
		files := now.differences(seen)
		if len(files) == 0 {
			return
		}
		if why == polled { // perhaps before the rest of it
			w.seen <- struct{}{}
			return
		}
		if reviewed != nil { // of what is old by now, only the sources are of interest
			reviewed.giveUp()
			settle(<-reviews)
			now = r.read(sources.all())
			if files = now.differences(seen); len(files) == 0 {
				return
			}
		}
		seen = now
		if current != nil { // of what it was for nobody has heard
			current.giveUp()
			<-results
			files = slices.Compact(slices.Sorted(slices.Values(slices.Concat(files, current.files))))
		}
		b.Changed()
		current = b.start(ctx, files, sources, results)
	}
	w.watch(sources.all())
	look(settled)
	for {
		select {
		case <-ctx.Done():
			return nil
		case why := <-w.changes:
			look(why)
		case is := <-results:
			current = nil
			b.Built(is.Result)
			reviewed = b.review(ctx, is, reviews)
		case v := <-reviews:
			settle(v)
			if v.of.Library != nil && b.Vet && !b.Strict {
				b.Vetted(v.of.Result, v.err)
			}
		}
	}
}

// sources are those of the library, and of the host.
type sources struct{ library, host SourceSet }

func (s sources) all() SourceSet { return s.library.join(s.host) }

// generatedFrom reports whether what hotso gen writes may be another after a change of those files.
func (s sources) generatedFrom(files []string) bool {
	return slices.ContainsFunc(files, func(f string) bool {
		return slices.Contains(s.library.Generated, filepath.Dir(f)) || slices.Contains(s.library.Files, f)
	})
}

// since are the sources after a build of before: packages may have come and gone. What is gone
// while something is missing may come back.
func (b *Builder) since(ctx context.Context, before sources) sources {
	now, err := b.sources(ctx)
	if err != nil {
		return before
	}
	if now.library.Incomplete {
		now.library = now.library.join(before.library)
	}
	if now.host.Incomplete {
		now.host = now.host.join(before.host)
	}
	return now
}

func (b *Builder) sources(ctx context.Context) (s sources, err error) {
	if s.library, err = Sources(ctx, b.Dir, b.Tags); err == nil && b.Host != "" {
		s.host, err = Sources(ctx, b.Host, b.Tags)
	}
	return s, err
}
