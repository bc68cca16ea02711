package dev

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libbuild"
)

const patient = 30 * time.Second

// write writes files below dir, which it returns.
func write(t *testing.T, dir string, files map[string]string) string {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
	}
	return dir
}

var module = map[string]string{
	"go.mod":           "module example.com/m\n\ngo 1.26\n\nrequire example.com/other v0.0.0\n\nreplace example.com/other => ./other\n",
	"lib/main.go":      "package main\n\nimport (\n\t_ \"example.com/m/data\"\n\t_ \"example.com/other/deep\"\n)\n\nfunc main() {}\n",
	"data/data.go":     "package data\n\nimport _ \"embed\"\n\n//go:embed texts/a.txt\nvar Text string\n\n//hotso:contract\ntype C interface{ A() }\n",
	"data/no.go":       "//go:build never\n\npackage data\n",
	"data/a_test.go":   "package data\n",
	"data/texts/a.txt": "a",
	"unused/unused.go": "package unused\n",
	"other/go.mod":     "module example.com/other\n\ngo 1.26\n",
	"other/deep/d.go":  "package deep\n",
}

func TestSources(t *testing.T) {
	dir := write(t, t.TempDir(), module)
	set, err := Sources(t.Context(), filepath.Join(dir, "lib"), "")
	require.NoError(t, err)
	in := func(names ...string) (paths []string) {
		for _, n := range names {
			paths = append(paths, filepath.Join(dir, n))
		}
		return paths
	}
	assert.ElementsMatch(t, in("lib", "data", "other/deep"), set.Dirs)
	assert.ElementsMatch(t, in("data/texts/a.txt", "go.mod", "go.sum", "other/go.mod", "other/go.sum"), set.Files)
	assert.ElementsMatch(t, in("lib", "data"), set.Main)
	assert.Equal(t, in("data"), set.Contracts)
	assert.ElementsMatch(t, in("lib", "data"), set.Generated, "other/deep is imported by the library only, which is not read through")
	for name, want := range map[string]bool{
		"lib/main.go": true, "lib/new.go": true, "lib/shim.c": true, "data/no.go": true, "data/texts/a.txt": true, "go.mod": true,
		"data/a_test.go": true, "lib/.main.go.swp": false, "lib/main.go~": false, "lib/#main.go#": false, "lib/_x.go": false,
		"lib/hotso_gen.go": false, "unused/unused.go": false, "data/texts/b.txt": false,
	} {
		assert.Equal(t, want, set.has(filepath.Join(dir, name)), name)
	}

	// What a contract imports is read for it, and any package if the library exports functions of others.
	write(t, dir, map[string]string{"data/imports.go": "package data\n\nimport _ \"example.com/other/deep\"\n"})
	set, err = Sources(t.Context(), filepath.Join(dir, "lib"), "")
	require.NoError(t, err)
	assert.ElementsMatch(t, in("lib", "data", "other/deep"), set.Generated)
	require.NoError(t, os.Remove(filepath.Join(dir, "data/imports.go")))
	write(t, dir, map[string]string{"lib/main.go": "//hotso:package example.com/other/deep\n" + module["lib/main.go"]})
	set, err = Sources(t.Context(), filepath.Join(dir, "lib"), "")
	require.NoError(t, err)
	assert.ElementsMatch(t, set.Dirs, set.Generated)

	// What does not compile is listed as far as it goes.
	write(t, dir, map[string]string{"lib/main.go": "package main\n\nimport _ \"example.com/m/data\"\n\nfunc main( {\n"})
	set, err = Sources(t.Context(), filepath.Join(dir, "lib"), "")
	require.NoError(t, err)
	assert.Subset(t, set.Dirs, in("lib", "data"))

	_, err = Sources(t.Context(), t.TempDir(), "")
	require.Error(t, err)
}

// A session is a Builder at work, whose builds do nothing.
type session struct {
	t       *testing.T
	dir     string
	results chan Result
	begun   chan context.Context
	hold    chan struct{} // a build ends when it can receive from it, or was given up
}

func begin(t *testing.T, files map[string]string) *session {
	s := &session{t, write(t, t.TempDir(), files), make(chan Result, 100), make(chan context.Context, 100), make(chan struct{})}
	close(s.hold)
	b := &Builder{Options: libbuild.Options{Dir: filepath.Join(s.dir, "lib")}, quiet: 300 * time.Millisecond}
	b.Changed = func() {}
	b.Built = func(r Result) { s.results <- r }
	b.make = func(ctx context.Context, is *built) error {
		hold := s.hold
		s.begun <- ctx
		select {
		case <-hold:
		case <-ctx.Done():
		}
		is.sources = b.since(ctx, is.sources)
		return ctx.Err()
	}
	require.NoError(t, b.Prepare(t.Context()))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return s
}

// built waits for the next build to end, and returns what it was for.
func (s *session) built() (names []string) {
	s.t.Helper()
	select {
	case r := <-s.results:
		for _, f := range r.Files {
			name, err := filepath.Rel(s.dir, f)
			require.NoError(s.t, err)
			names = append(names, name)
		}
		return names
	case <-time.After(patient):
		require.Fail(s.t, "nothing is built")
		return nil
	}
}

func (s *session) path(name string) string { return filepath.Join(s.dir, name) }

// What editors and others do to files is one build each, of the files that are not what they were.
func TestChanges(t *testing.T) {
	s := begin(t, module)
	assert.Contains(t, s.built(), "lib/main.go", "the first build is of all")
	main := module["lib/main.go"]
	for what, c := range map[string]struct {
		does func()
		want []string
	}{
		"truncates and writes": {func() {
			f, err := os.OpenFile(s.path("lib/main.go"), os.O_WRONLY|os.O_TRUNC, 0)
			require.NoError(t, err)
			for part := range slices.Chunk([]byte(main+"// a\n"), 10) {
				_, err = f.Write(part)
				require.NoError(t, err)
			}
			require.NoError(t, f.Close())
		}, []string{"lib/main.go"}},
		"renames over it": {func() {
			write(t, s.dir, map[string]string{"lib/.main.go.tmp": main + "// b\n"})
			require.NoError(t, os.Rename(s.path("lib/.main.go.tmp"), s.path("lib/main.go")))
		}, []string{"lib/main.go"}},
		"moves it away and writes a new one": {func() {
			require.NoError(t, os.Rename(s.path("lib/main.go"), s.path("lib/main.go~")))
			write(t, s.dir, map[string]string{"lib/main.go": main + "// c\n"})
		}, []string{"lib/main.go"}},
		"many files at once": {func() {
			for i := range 50 {
				write(t, s.dir, map[string]string{"data/x" + string(rune('a'+i%26)) + strings.Repeat("x", i/26) + ".go": "package data\n"})
			}
			write(t, s.dir, map[string]string{"data/texts/a.txt": "b", "other/deep/d.go": "package deep // d\n", "go.mod": module["go.mod"] + "// d\n"})
		}, []string{"data/texts/a.txt", "go.mod", "other/deep/d.go"}},
		"removes one": {func() { require.NoError(t, os.Remove(s.path("data/no.go"))) }, []string{"data/no.go"}},
	} {
		c.does()
		got := s.built()
		if what == "many files at once" {
			assert.Len(t, got, 53, what)
		} else {
			assert.Len(t, got, len(c.want), what)
		}
		assert.Subset(t, got, c.want, what)
	}

	// What changes nothing is no change: the next build is of what comes after it.
	text, err := os.ReadFile(s.path("lib/main.go"))
	require.NoError(t, err)
	write(t, s.dir, map[string]string{"lib/main.go": string(text), "lib/.main.go.swp": "package main\n", "unused/unused.go": "package unused // e\n"})
	time.Sleep(time.Second)
	write(t, s.dir, map[string]string{"lib/more.go": "package main\n"})
	assert.Equal(t, []string{"lib/more.go"}, s.built())
	assert.Empty(t, s.results)
}

// A package that comes to be imported is watched, too, and is no change by itself.
func TestPackagesThatCome(t *testing.T) {
	s := begin(t, module)
	s.built()
	write(t, s.dir, map[string]string{"lib/more.go": "package main\n\nimport _ \"example.com/m/unused\"\n"})
	assert.Equal(t, []string{"lib/more.go"}, s.built())
	write(t, s.dir, map[string]string{"unused/unused.go": "package unused // f\n"})
	assert.Equal(t, []string{"unused/unused.go"}, s.built())
	require.NoError(t, os.RemoveAll(s.path("unused")))
	assert.Equal(t, []string{"unused/unused.go"}, s.built())
	write(t, s.dir, map[string]string{"unused/unused.go": "package unused // g\n"})
	assert.Equal(t, []string{"unused/unused.go"}, s.built(), "it is back")
}

// A build under way ends when there is a newer change, and the next one is of both.
func TestNewerChanges(t *testing.T) {
	s := begin(t, module)
	s.built()
	<-s.begun
	s.hold = make(chan struct{})
	write(t, s.dir, map[string]string{"lib/one.go": "package main\n"})
	first := <-s.begun
	write(t, s.dir, map[string]string{"data/two.go": "package data\n"})
	<-first.Done()
	<-s.begun
	close(s.hold)
	assert.Equal(t, []string{"data/two.go", "lib/one.go"}, s.built())
	assert.Empty(t, s.results, "nobody hears of the first")
}

// Without events the sources are looked at from time to time.
func TestWithoutEvents(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := &watcher{changes: make(chan look, 1), seen: make(chan struct{}, 1), quiet: defaultQuiet}
	go w.run(ctx)
	w.watch(SourceSet{Dirs: []string{t.TempDir()}})
	for range 2 {
		select {
		case why := <-w.changes:
			assert.Equal(t, polled, why)
		case <-time.After(patient):
			require.Fail(t, "nobody looks")
		}
	}
	w.seen <- struct{}{}
	assert.Equal(t, settled, <-w.changes)
}

func TestHost(t *testing.T) {
	dir := write(t, t.TempDir(), map[string]string{"host/main.go": "package main\n", "other/main.go": "package main\n"})
	t.Chdir(dir)
	for command, want := range map[string]string{
		"go run ./host -x": "./host", "go run ./host": "./host", "go run .": ".", "go run " + dir + "/host": dir + "/host",
		"go run host": "", "go run ./none": "", "go run ./host/main.go": "", "go run -race ./host": "", "go build ./host": "", "sh": "",
	} {
		assert.Equal(t, want, (&Host{Command: strings.Fields(command)}).Package(), command)
	}
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	ended := make(chan error, 1)
	out, err := os.Create("out")
	require.NoError(t, err)
	defer out.Close()
	says := func(want string) {
		require.Eventually(t, func() bool { text, _ := os.ReadFile("out"); return string(text) == want }, patient, time.Millisecond, want)
	}
	h := &Host{Command: []string{"sh", "-c", `trap 'echo over; exit 0' TERM; echo "in $0"; while :; do sleep 0.01; done`, "{}"}, Dir: "here",
		Stdout: out, Ended: func(err error) { ended <- err }}
	require.NoError(t, h.Restart(t.Context(), nil))
	says("in here\n")
	require.NoError(t, h.Restart(t.Context(), nil))
	says("in here\nover\nin here\n")
	h.Close()
	says("in here\nover\nin here\nover\n")
	assert.Empty(t, ended, "it did not end by itself")

	// Who is in a hurry does not wait for it.
	hurry := make(chan struct{})
	h = &Host{Command: []string{"sh", "-c", `trap '' TERM; echo stays >> out; while :; do sleep 0.01; done`}, Hurry: hurry}
	require.NoError(t, h.Restart(t.Context(), nil))
	says("in here\nover\nin here\nover\nstays\n")
	close(hurry)
	h.Close()
	assert.False(t, h.Running())
	h = &Host{Command: []string{"sh", "-c", "exit 3"}, Ended: func(err error) { ended <- err }}
	require.NoError(t, h.Restart(t.Context(), nil))
	require.EqualError(t, <-ended, "exit status 3")
	h.Close()
}
