package liblog_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/hotso/hotso/host/cmd/hotso/internal/liblog"
)

// written collects what a sink is given.
type written struct {
	mu    sync.Mutex
	lines []string
}

// taken are the lines since the last call.
func (w *written) taken() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	lines := w.lines
	w.lines = nil
	return lines
}

func (w *written) sink(_ context.Context, library, version string, attrs []slog.Attr, r slog.Record) error {
	line := fmt.Sprintf("%s %s %s", library, version, r.Message)
	r.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
	for _, a := range attrs {
		line += " " + a.String()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, line)
	return nil
}

// of is the logger that a library has, as the host makes it.
func of(l *liblog.Logs, library string) *slog.Logger {
	return slog.New(l.Handler().WithAttrs([]slog.Attr{slog.String("library", library), slog.String("version", "1")}))
}

// A library that logs too much costs the others nothing, and what was dropped is counted once.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w written
		logs := liblog.New(w.sink, 3)
		loud, quiet := of(logs, "loud"), of(logs, "quiet")
		for i := range 10 {
			loud.Info("spam", "i", i)
		}
		quiet.Info("hello")
		quiet.Debug("nobody asked")
		assert.Equal(t, []string{"loud 1 spam i=0", "loud 1 spam i=1", "loud 1 spam i=2", "quiet 1 hello"}, w.taken())
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Equal(t, []string{"loud 1 log records were dropped: the library logs too much dropped=7 rate=3"}, w.taken())
		for range 3 {
			loud.Info("again")
		}
		assert.Len(t, w.taken(), 3)
		time.Sleep(time.Second)
		loud.Info("and again")
		assert.Equal(t, []string{"loud 1 and again"}, w.taken())

		logs.SetRate(0)
		for range 100 {
			loud.Info("all")
		}
		assert.Len(t, w.taken(), 100)
		logs.SetRate(1)
		loud.Info("one too many")
		logs.Close()
		assert.Equal(t, []string{"loud 1 log records were dropped: the library logs too much dropped=1 rate=1"}, w.taken())
		loud.Info("late")
		loud.Info("later")
		logs.Close()
		assert.Len(t, w.taken(), 2)
	})
}

// What the host itself says is not of a library, and not counted.
func TestTheHostsOwn(t *testing.T) {
	var w written
	own := slog.New(liblog.New(w.sink, 1).Handler())
	own.Warn("one", "a", 1)
	own.With("b", 2).Warn("two")
	assert.Equal(t, []string{"  one a=1", "  two b=2"}, w.taken())
}
