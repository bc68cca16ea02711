package registrytest

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"slices"
	"sync"
	"testing"
	"time"
)

// A Request is one that came to a proxy.
type Request struct {
	Method string
	Kind   string // such as Blob
	Path   string
	Range  string // the header
	Status int    // what the client got; 0 if nothing, or not yet
}

// A Proxy stands before a registry until the test ends. It counts the requests and does what it was told of
// faults. Its methods are safe for concurrent use, except Up, which is for the goroutine of the test.
type Proxy struct {
	Host string // 127.0.0.1:PORT; it has the registry's certificate, if there is one

	t        testing.TB
	registry *Registry
	reverse  *httputil.ReverseProxy
	done     chan struct{} // closed when the test ends
	store    *store

	mu       sync.Mutex
	faults   []*Fault
	requests []*Request
	server   *server // nil while it is down
}

// NewProxy starts a proxy before a registry.
func NewProxy(t testing.TB, r *Registry) *Proxy {
	t.Helper()
	p := &Proxy{t: t, registry: r, done: make(chan struct{})}
	transport := r.transport()
	p.reverse = &httputil.ReverseProxy{
		Transport:      transport,
		FlushInterval:  -1, // what comes before a cut is sent
		ErrorLog:       log.New(io.Discard, "", 0),
		Rewrite:        p.rewrite,
		ModifyResponse: p.modify,
		// A registry that is not there is not an answer of 502.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	p.store = &store{proxy: p, blobs: map[string]stored{}}
	t.Cleanup(func() {
		close(p.done)
		p.Down()
		p.store.server.stop()
		transport.CloseIdleConnections()
	})
	p.store.server = p.listen("127.0.0.1:0", p.store)
	p.server = p.listen("127.0.0.1:0", p.front())
	p.Host = p.server.addr
	return p
}

// URL is the address with its scheme, without a slash at the end.
func (p *Proxy) URL() string { return p.registry.Scheme + "://" + p.Host }

// Inject adds a fault.
func (p *Proxy) Inject(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, &f)
}

// Heal removes all faults. It does not end those that go on: what hangs, hangs.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = nil
}

// Down closes all connections and refuses new ones.
func (p *Proxy) Down() {
	p.mu.Lock()
	s := p.server
	p.server = nil
	p.mu.Unlock()
	if s != nil {
		s.stop()
	}
}

// Up listens again at the same address.
func (p *Proxy) Up() {
	p.t.Helper()
	s := p.listen(p.Host, p.front())
	p.mu.Lock()
	defer p.mu.Unlock()
	p.server = s
}

// Count is how many requests of a method and a kind came since the start or Forget. An empty text is any.
func (p *Proxy) Count(method, kind string) int {
	n, f := 0, Fault{Method: method, Kind: kind}
	for _, r := range p.Requests() {
		if f.meets(r.Method, r.Kind) {
			n++
		}
	}
	return n
}

// Requests are all that came since the start or Forget.
func (p *Proxy) Requests() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]Request, len(p.requests))
	for i, r := range p.requests {
		list[i] = *r
	}
	return list
}

// Forget starts counting anew.
func (p *Proxy) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = nil
}

// begin counts a request and returns the faults for it.
func (p *Proxy) begin(r *http.Request, kind string) (*Request, []*Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	request := &Request{Method: r.Method, Kind: kind, Path: r.URL.Path, Range: r.Header.Get("Range")}
	p.requests = append(p.requests, request)
	var met []*Fault
	p.faults = slices.DeleteFunc(p.faults, func(f *Fault) bool {
		if !f.meets(r.Method, kind) {
			return false
		}
		met = append(met, f)
		f.met++
		return f.met == f.Times
	})
	return request, met
}

// front serves the clients of the registry.
func (p *Proxy) front() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, kindOf(r.URL.Path)) })
}

// faultsKey is the key of a request's faults in its context.
type faultsKey struct{}

func (p *Proxy) serve(w http.ResponseWriter, r *http.Request, kind string) {
	request, faults := p.begin(r, kind)
	w = &recorder{ResponseWriter: w, proxy: p, request: request}
	for _, f := range faults {
		switch {
		case f.Hang:
			p.wait(r.Context(), 0)
			panic(http.ErrAbortHandler)
		case f.Abort:
			panic(http.ErrAbortHandler)
		case f.Status != 0:
			f.refuse(w)
			return
		case f.Redirect && kind == Blob && (r.Method == http.MethodGet || r.Method == http.MethodHead):
			http.Redirect(w, r, p.store.keep(r), http.StatusTemporaryRedirect)
			return
		}
		if f.Delay > 0 {
			p.wait(r.Context(), f.Delay)
		}
	}
	p.reverse.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), faultsKey{}, faults)))
}

// wait waits for some time, 0 is for ever, and not after the client has left or the test has ended.
func (p *Proxy) wait(ctx context.Context, d time.Duration) {
	var over <-chan time.Time
	if d > 0 {
		over = time.After(d)
	}
	select {
	case <-over:
	case <-ctx.Done():
	case <-p.done:
	}
}

// rewrite sends a request to the registry, which sees the proxy's address as its own.
func (p *Proxy) rewrite(r *httputil.ProxyRequest) {
	r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = p.registry.Scheme, p.registry.Host, r.In.Host
	r.Out.Header.Set("X-Forwarded-Proto", p.registry.Scheme)
	faults, _ := r.In.Context().Value(faultsKey{}).([]*Fault)
	for _, f := range faults {
		if f.DropAuth {
			r.Out.Header.Del("Authorization")
		}
		if f.IgnoreRange {
			r.Out.Header.Del("Range")
		}
	}
}

func (p *Proxy) modify(resp *http.Response) error {
	faults, _ := resp.Request.Context().Value(faultsKey{}).([]*Fault)
	for _, f := range faults {
		f.change(resp, p.done)
	}
	return nil
}

// A recorder notes the status.
type recorder struct {
	http.ResponseWriter
	proxy   *Proxy
	request *Request
}

func (r *recorder) WriteHeader(status int) {
	r.proxy.mu.Lock()
	r.request.Status = status
	r.proxy.mu.Unlock()
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
