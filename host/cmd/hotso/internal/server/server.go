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
	DefaultMaxBody   = 16 << 20         // bytes
	DefaultMaxConns  = 4096             // some 20 KB each
	DefaultMaxMemory = 48 << 20         // bytes
	readTimeout      = 30 * time.Second // for the whole body of a request
	headerTimeout    = 10 * time.Second
	maxHeader        = 16 << 10 // bytes; net/http adds 4 KB
	idleTimeout      = 2 * time.Minute
	defaultPatience  = 2 * time.Second // for a file that is not complete
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
	// MaxConns bounds the connections over TCP; default DefaultMaxConns. Above it, the one
	// that has waited longest for its client makes room.
	MaxConns int
	// MaxMemory bounds the bytes that requests have in memory together: bodies, arguments
	// and results, without those that are small. A request that there is no room for waits a
	// while, then gets 503. Default DefaultMaxMemory.
	MaxMemory int64
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
	// requests through Socket may. See SetToken.
	Token string
	// AllowHosts are names that requests may address the server by, besides localhost
	// and IP addresses; without ports.
	AllowHosts []string
	// Beside are handlers of other paths, which may stream. Who may ask them, they judge themselves.
	Beside map[string]http.Handler
	// Socket is served as well, if it is not nil; whoever can open it may deploy. Serve
	// makes it, again whenever it is gone, and closes it.
	Socket *Socket
}

// A Server has one slot and follows one directory.
type Server struct {
	conf    Config
	slot    atomic.Pointer[host.Slot] // nil until the name is known
	journal *journal
	notes   notes
	served  served
	memory  *memory
	conns   *conns
	budget  *budget
	turns   turns
	results results

	contracts contracts

	hosts     []string               // Config.AllowHosts, as hostName has them
	token     atomic.Pointer[string] // nil: none
	keyHeader atomic.Pointer[string] // nil: DefaultKeyHeader
	recheck   chan struct{}          // the follower's watcher judges refused files again
	ending    context.Context        // ends when Serve does
	end       context.CancelFunc     // ends it
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
	if conf.MaxConns <= 0 {
		conf.MaxConns = DefaultMaxConns
	}
	if conf.MaxMemory <= 0 {
		conf.MaxMemory = DefaultMaxMemory
	}
	// The name of a file decides about the order; the library says what it is.
	conf.Options = append([]host.Option{host.CheckFileName()}, conf.Options...)
	s := &Server{
		budget: newBudget(conf.MaxMemory), turns: newTurns(),
		conf: conf, journal: newJournal(conf.OnEvent), memory: newMemory(conf.State),
		conns: newConns(conf.MaxConns), recheck: make(chan struct{}, 1), decided: make(chan struct{}, 1),
	}
	s.ending, s.end = context.WithCancel(context.Background())
	for _, h := range conf.AllowHosts {
		s.hosts = append(s.hosts, hostName(h))
	}
	s.SetToken(conf.Token)
	return s
}

// Recheck has the files that were refused judged again, because what they are judged by
// has changed: the keys that are trusted, say. It is safe for concurrent use.
func (s *Server) Recheck() {
	select {
	case s.recheck <- struct{}{}:
	default: // they are about to be
	}
}

// Serve follows the directory and answers requests on l and Config.Socket, which it closes, until
// ctx ends. Then it drains: it takes no new request, waits for those inside,
// and lets the library go. It returns nil after a complete drain. It ends by
// itself if the name is bad (watch.ErrBadName), or if it had to find the name
// and found several (ErrAmbiguous).
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	web := &http.Server{
		Handler: s.Handler(), ErrorLog: s.conf.Log,
		ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ConnContext: withConn,
	}
	web.RegisterOnShutdown(s.journal.close) // or event streams would never end
	web.RegisterOnShutdown(s.end)           // nor profiles of an hour

	running, stop := context.WithCancelCause(ctx)
	var followers, listeners sync.WaitGroup
	followers.Go(func() {
		if err := s.follow(running); err != nil {
			stop(err)
		}
	})
	listeners.Go(func() {
		if err := web.Serve(s.conns.listen(l)); !errors.Is(err, http.ErrServerClosed) {
			stop(err)
		}
	})
	if s.conf.Socket != nil {
		listeners.Go(func() { s.keepSocket(running, web, s.conf.Socket) })
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
// the requests'. Clients that don't send or don't read have a short time of it.
func (s *Server) shutdown(ctx context.Context, web *http.Server, followers *sync.WaitGroup) error {
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.conf.Drain)
	defer cancel()
	s.conns.drain(min(endGrace, s.conf.Drain/2))
	err := web.Shutdown(drain)
	followers.Wait() // a swap that has begun is finished
	if slot := s.slot.Load(); slot != nil {
		if _, closing := slot.Close(drain); closing != nil {
			err = closing // it says the same, and which version
		}
		told, cancel := context.WithTimeout(context.WithoutCancel(ctx), endGrace)
		slot.Flush(told) // or who reads the log would not know what became of it
		cancel()
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
