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

	"github.com/prometheus/client_golang/prometheus"

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

// A Config says what to serve. Only Dirs is required.
type Config struct {
	Dirs []string // no two may have versions of the same library
	// Channels are, by their directories, what decides which versions are in them: a tag in a registry, say. A version
	// that is removed from such a directory is taken back: the newest that is left serves, also if it is older.
	Channels map[string]string
	Names    []string // of the libraries; empty: all that are in Dirs, as soon as they are there
	// Settings are those of the library of that name, and may change while the server runs:
	// Canary, Promotion and Remember are asked for whenever they are needed, the others once,
	// when the library is found. It may be called by any goroutine. nil: all have none.
	Settings func(library string) Settings
	// Drain limits how long a swap, and Serve at its end, wait for the calls
	// that are inside a version. Default host.DefaultDrainTimeout.
	Drain   time.Duration
	MaxBody int64 // of a request, in bytes; default DefaultMaxBody
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
	// Token is what a request over TCP must bear to deploy. Without one, only
	// requests through Sockets may. See SetToken.
	Token string
	// AllowHosts are names that requests may address the server by, besides localhost
	// and IP addresses; without ports. See SetAllowHosts.
	AllowHosts []string
	// NoMetrics leaves GET /metrics out.
	NoMetrics bool
	Metrics   []prometheus.Collector // on top of the server's own
	// Beside are handlers of other paths, which may stream. Who may ask them, they judge themselves.
	Beside map[string]http.Handler
	// NoPage has GET / and /page/ answer 404, and not with the page for who operates the server.
	NoPage bool
	// Sockets are served as well; whoever can open one may deploy. Serve
	// makes them, again whenever they are gone, and closes them.
	Sockets []*Socket
}

// A Server serves the libraries of some directories: each has a slot, and follows its directory.
// What clients may have of memory, connections and time is of all of them together.
type Server struct {
	conf      Config
	libraries libraries
	places    []*place   // where they come from
	claiming  sync.Mutex // held while a place takes a library
	journal   *journal
	conns     *conns
	budget    *budget
	turns     turns
	lacks     lacks
	metrics   *metrics // nil: none

	hosts  atomic.Pointer[[]string] // Config.AllowHosts, as hostName has them
	token  atomic.Pointer[string]   // nil: none
	ending context.Context          // ends when Serve does
	end    context.CancelFunc       // ends it
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
	s := &Server{
		budget: newBudget(conf.MaxMemory), turns: newTurns(),
		conf: conf, journal: newJournal(conf.OnEvent), conns: newConns(conf.MaxConns),
	}
	s.ending, s.end = context.WithCancel(context.Background())
	for _, dir := range conf.Dirs {
		s.places = append(s.places, newPlace(s, dir))
	}
	s.SetAllowHosts(conf.AllowHosts)
	s.SetToken(conf.Token)
	s.budget.lacks, s.turns.lacks, s.conns.lacks = &s.lacks, &s.lacks, &s.lacks
	if !conf.NoMetrics {
		s.metrics = newMetrics(s.slots, s.conns, &s.lacks)
		s.metrics.registry.MustRegister(conf.Metrics...)
	}
	return s
}

// settingsOf are the settings of a library as of now.
func (s *Server) settingsOf(library string) Settings {
	if s.conf.Settings == nil {
		return Settings{}
	}
	return s.conf.Settings(library)
}

// optionsOf are those by which files of a library are judged, and of its slot. The name of a
// file decides about the order; the library says what it is.
func (s *Server) optionsOf(library string) []host.Option {
	options := []host.Option{host.CheckFileName()}
	if len(s.conf.Channels) > 0 {
		options = append(options, host.AllowDowngrade()) // which the follower does in a channel only
	}
	return append(options, s.settingsOf(library).Options...)
}

// slots are those of all libraries.
func (s *Server) slots() (slots []*host.Slot) {
	for _, l := range s.libraries.list() {
		slots = append(slots, l.slot)
	}
	return slots
}

// Recheck has the files that were refused judged again, because what they are judged by
// has changed: the keys that are trusted, say. It is safe for concurrent use.
func (s *Server) Recheck() {
	for _, p := range s.places {
		wake(p.recheck)
	}
	for _, l := range s.libraries.list() {
		wake(l.recheck)
	}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is about to wake
	}
}

// Serve follows the directories and answers requests on l and Config.Sockets, which it closes, until
// ctx ends. Then it drains: it takes no new request, waits for those inside,
// and lets the libraries go. It returns nil after a complete drain. It ends before it has
// begun if a name is bad (watch.ErrBadName), or if two directories have the same library (ErrTwice).
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	if err := s.findFirst(); err != nil {
		for _, socket := range s.conf.Sockets {
			socket.Close()
		}
		return errors.Join(err, l.Close())
	}
	web := &http.Server{
		Handler: s.Handler(), ErrorLog: s.conf.Log,
		ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ConnContext: withConn,
	}
	web.RegisterOnShutdown(s.journal.close) // or event streams would never end
	web.RegisterOnShutdown(s.end)           // nor profiles of an hour

	running, stop := context.WithCancelCause(ctx)
	var followers, listeners sync.WaitGroup
	for _, p := range s.places {
		followers.Go(func() { p.find(running) })
	}
	listeners.Go(func() {
		if err := web.Serve(s.conns.listen(l)); !errors.Is(err, http.ErrServerClosed) {
			stop(err)
		}
	})
	for _, socket := range s.conf.Sockets {
		listeners.Go(func() { s.keepSocket(running, web, socket) })
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

// shutdown drains the requests first and the libraries then, whose calls are
// the requests'. Clients that don't send or don't read have a short time of it.
func (s *Server) shutdown(ctx context.Context, web *http.Server, followers *sync.WaitGroup) error {
	longest := s.conf.Drain
	for _, l := range s.libraries.list() {
		longest = max(longest, l.drain())
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), longest)
	defer cancel()
	s.conns.drain(min(endGrace, longest/2))
	err := web.Shutdown(drain)
	followers.Wait() // a swap that has begun is finished
	if closing := s.closeLibraries(drain); closing != nil {
		err = closing // it says the same, and which version
	}
	_ = web.Close()
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("requests were still open after %v: %w", longest, err)
	}
	return err
}

// closeLibraries has all libraries go, side by side: one that takes its time costs the others none.
func (s *Server) closeLibraries(ctx context.Context) error {
	all := s.libraries.list()
	errs := make([]error, len(all))
	var closing sync.WaitGroup
	for i, l := range all {
		closing.Go(func() { errs[i] = l.close(ctx) })
	}
	closing.Wait()
	return errors.Join(errs...)
}

// chosenName is the name of the library, if only one was asked for.
func (s *Server) chosenName() string {
	if len(s.conf.Names) == 1 {
		return s.conf.Names[0]
	}
	return ""
}

// Tell adds an event of something beside the server: a channel, say. It is safe for concurrent use.
func (s *Server) Tell(e host.Event) { s.emit(e) }

// emit tells of something that is no step in the life of a version of a library that is served,
// see library.emit.
func (s *Server) emit(e host.Event) { s.tell(e, "") }

func (s *Server) tell(e host.Event, sha256 string) {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	s.journal.add(e, sha256)
}
