package modeltest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libbuild"
	"github.com/hotso/hotso/host/internal/libtest"
)

var (
	length = flag.Duration("model.time", usualLength(), "how long rounds are begun; with -short a tenth of it")
	first  = flag.Uint64("model.seed", 0, "seed of the first round; drawn if 0")
	on     = flag.Bool("model.on", false, "go on after a round with faults")
	stress = flag.Bool("model.stress", false, "streams, callbacks and every kind of crash, too: what make stress runs")
	inside = flag.Bool("model.inside", false, "operate on the slots inside OnEvent, too")
)

// Nothing may be left in the process at the end, but for what the first load opens for
// good: so there is one before anything is counted.
func TestMain(m *testing.M) {
	state, err := loadOnce()
	switch {
	case errors.Is(err, libbuild.ErrNoCompiler):
		fmt.Fprintln(os.Stderr, "modeltest: all tests are skipped:", err)
		os.Exit(0)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	case state != host.Unloaded:
		fmt.Fprintln(os.Stderr, "modeltest: all tests are skipped: libraries stay in the process here")
		os.Exit(0)
	}
	libtest.Main(m, libtest.Allow("/hpage_pmd_size")) // of a load that was given up: docs/limits.md
}

// loadOnce opens and closes a library, and returns what became of it.
func loadOnce() (host.State, error) {
	dir, err := os.MkdirTemp("", "hotso-model-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	path, err := libtest.GreeterIn(dir, "1")
	if err != nil {
		return "", err
	}
	lib, err := host.Open(context.Background(), path)
	if err != nil {
		return "", err
	}
	r, err := lib.Close(context.Background())
	if err != nil {
		return "", err
	}
	return r.State, nil
}

// A run is what the rounds have in common.
type run struct {
	dir     string
	files   [][]file       // by lane
	held    map[string]int // what the process had before
	figures figures
}

// A file is a version that is loaded again and again.
type file struct {
	path string
	from *source
}

func newRun(t *testing.T) *run {
	r := &run{dir: t.TempDir()}
	for _, l := range lanes {
		var files []file
		for i, f := range l.flavours {
			s := newSource(t, l.lib, f)
			path, err := s.as(r.dir, strconv.Itoa(i+1))
			require.NoError(t, err)
			files = append(files, file{path, s})
		}
		r.files = append(r.files, files)
	}
	var err error
	r.held, err = holdings()
	require.NoError(t, err)
	return r
}

// figures are what a run has done.
type figures struct {
	rounds, ops, failed, calls, unanswered, streams, events atomic.Int64
}

func (f *figures) String() string {
	return fmt.Sprintf("%d rounds, %d operations (%d with an error), %d calls (%d without an answer), %d streams, %d events",
		f.rounds.Load(), f.ops.Load(), f.failed.Load(), f.calls.Load(), f.unanswered.Load(), f.streams.Load(), f.events.Load())
}

func (f *figures) log(took time.Duration) {
	fmt.Fprintf(os.Stderr, "model: %s in %v\n", f, took.Round(time.Second))
}

// usualLength is a minute with the race detector, which finds the most; without it there is
// less to find, and the order of locks is checked in a run of its own.
func usualLength() time.Duration {
	if race {
		return time.Minute
	}
	return 20 * time.Second
}
