package server

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/watch"
)

// Defaults of a Config.
const (
	DefaultMaxBody  = 16 << 20         // bytes
	readTimeout     = 30 * time.Second // for the whole body of a call
	headerTimeout   = 10 * time.Second
	idleTimeout     = 2 * time.Minute
	defaultPatience = 2 * time.Second // for a file that is not complete
)

// A Config says what to serve. Only Dir is required.
type Config struct {
	Dir  string
	Name string // of the library; empty: the one that is in Dir, as soon as there is one
	// Drain limits how long a swap, and Serve at its end, wait for the calls
	// that are inside a version. Default host.DefaultDrainTimeout.
	Drain   time.Duration
	Options []host.Option // of the slot, on top of the server's own; TrustKeys, say
	MaxBody int64         // of a request, in bytes; default DefaultMaxBody
	// OnEvent is called for each event, in order, by one goroutine at a time.
	OnEvent func(Event)
	Log     *log.Logger    // for trouble with HTTP; default: the standard logger
	Watch   []watch.Option // on top of the server's own
	// State is the file to remember over a restart which version passed its
	// probation last; empty: nothing is remembered. A restart begins with that
	// version, and newer ones follow unless they had failed. See StateName.
	State string
	// Canary is the share of the calls that a newer version in the directory gets
	// first, until it is promoted: by Promotion, or by a request. While one runs,
	// other versions wait. nil: newer versions serve at once.
	Canary    *host.Share
	Promotion host.Promotion
	// Token is what a request over TCP must bear to deploy. Without one, only
	// loopback may.
	Token string
	// Socket is served as well, if it is not nil; whoever can open it may deploy. See
	// ListenUnix.
	Socket net.Listener
}

// A Server has one slot and follows one directory.
type Server struct {
	conf    Config
	slot    atomic.Pointer[host.Slot] // nil until the name is known
	journal *journal
	notes   notes
	served  served
	memory  *memory

	keyHeader atomic.Pointer[string] // nil: DefaultKeyHeader
	decided   chan struct{}          // some version serves or has failed: the follower may go on
}

// New makes a server that does nothing until Serve.
func New(conf Config) *Server {
	if conf.Drain <= 0 {
		conf.Drain = host.DefaultDrainTimeout
	}
	if conf.MaxBody <= 0 {
		conf.MaxBody = DefaultMaxBody
	}
	return &Server{conf: conf, journal: newJournal(conf.OnEvent), memory: newMemory(conf.State), decided: make(chan struct{}, 1)}
}

// Serve follows the directory and answers requests on l and Config.Socket, which it closes, until
// ctx ends. Then it drains: it takes no new request, waits for those inside,
// and lets the library go. It returns nil after a complete drain. It ends by
// itself if the name is bad (watch.ErrBadName), or if it had to find the name
// and found several (ErrAmbiguous).
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	web := &http.Server{
		Handler: s.Handler(), ErrorLog: s.conf.Log,
		ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout,
	}
	web.RegisterOnShutdown(s.journal.close) // or event streams would never end

	running, stop := context.WithCancelCause(ctx)
	var followers, listeners sync.WaitGroup
	followers.Go(func() {
		if err := s.follow(running); err != nil {
			stop(err)
		}
	})
	for _, l := range []net.Listener{l, s.conf.Socket} {
		if l == nil {
			continue
		}
		listeners.Go(func() {
			if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				stop(err)
			}
		})
	}
	<-running.Done()
	var cause error
	if ctx.Err() == nil {
		cause = context.Cause(running)
	}
	err := errors.Join(cause, s.shutdown(ctx, web, &followers))
	listeners.Wait()
	return err
}

// shutdown drains the requests first and the library then, whose calls are
// the requests'.
func (s *Server) shutdown(ctx context.Context, web *http.Server, followers *sync.WaitGroup) error {
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.conf.Drain)
	defer cancel()
	err := web.Shutdown(drain)
	followers.Wait() // a swap that has begun is finished
	if slot := s.slot.Load(); slot != nil {
		if _, closing := slot.Close(drain); closing != nil {
			err = closing // it says the same, and which version
		}
	}
	_ = web.Close()
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("requests were still open after %v: %w", s.conf.Drain, err)
	}
	return err
}

// emit tells of a step in the life of a version.
func (s *Server) emit(e host.Event) {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	s.journal.add(e)
	if e.State == host.Serving || e.State == host.Failed {
		select {
		case s.decided <- struct{}{}:
		default:
		}
	}
	if err := s.memory.see(e); err != nil {
		s.journal.add(host.Event{Time: time.Now(), Name: e.Name, State: Trouble, Detail: "what to restart with is not saved: " + err.Error(), Err: err})
	}
}
