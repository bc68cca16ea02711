package server

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/history"
)

// Settings are what may differ from library to library. The zero value is good.
type Settings struct {
	Drain   time.Duration // how long a swap waits for the calls inside a version; default Config.Drain
	Options []host.Option // of the slot, on top of the server's own; TrustKeys, say
	// Canary is the share of the calls that a newer version in the directory gets
	// first, until it is promoted: by Promotion, or by a request. While one runs,
	// other versions wait. nil: newer versions serve at once.
	Canary    *host.Share
	Promotion host.Promotion
	// Remember has the library's versions that passed their probation, or failed, be
	// remembered over a restart, in the file StateName of the directory. A restart begins
	// with the version that passed last, and newer ones follow unless they had failed.
	Remember bool
}

// A library is one of those that a server serves. It has all that is known of the versions of
// it, so whatever becomes of one library, the others do not notice.
type library struct {
	server *Server
	name   string
	slot   *host.Slot
	dir    atomic.Pointer[string] // nil until there is a version in one of the directories

	notes     notes
	served    served
	memory    memory
	digests   digests
	results   results
	contracts contracts
	inflight  inflight
	history   *history.Recorder
	keyHeader atomic.Pointer[string] // nil: DefaultKeyHeader
	recheck   chan struct{}          // its watcher judges refused files again
	decided   chan struct{}          // some version serves or has failed: the follower may go on
}

func (s *Server) newLibrary(name string) *library {
	l := &library{server: s, name: name, recheck: make(chan struct{}, 1), decided: make(chan struct{}, 1)}
	l.slot = host.NewSlot(name, append([]host.Option{
		host.DrainTimeout(l.drain()), host.OnEvent(l.emit), host.CancelGrace(untilItReturns),
		host.MeasureCalls(),
	}, s.optionsOf(name)...)...)
	l.history = history.New(l.slot.Figures)
	s.metrics.refuse(name, 0)
	return l
}

// settings are those of now: some may change while the server runs.
func (l *library) settings() Settings { return l.server.settingsOf(l.name) }

func (l *library) drain() time.Duration {
	if d := l.settings().Drain; d > 0 {
		return d
	}
	return l.server.conf.Drain
}

// directory is where its versions are, empty if that is not known yet.
func (l *library) directory() string {
	if dir := l.dir.Load(); dir != nil {
		return *dir
	}
	return ""
}

// emit tells of a step in the life of a version.
func (l *library) emit(e host.Event) {
	l.server.tell(e, l.digests.of(e.File))
	if e.State == host.Serving || e.State == host.Failed {
		wake(l.decided)
	}
	if err := l.memory.see(e); err != nil {
		l.server.emit(host.Event{Name: l.name, State: Trouble, Detail: "what to restart with is not saved: " + err.Error(), Err: err})
	}
}

// close lets the library go when its calls have returned, or ctx ends.
func (l *library) close(ctx context.Context) error {
	_, err := l.slot.Close(ctx)
	told, cancel := context.WithTimeout(context.WithoutCancel(ctx), endGrace)
	defer cancel()
	l.slot.Flush(told) // or who reads the log would not know what became of it
	return err
}
