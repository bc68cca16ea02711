//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"
)

// A proxy stands before the registry, and sees what hosts and judges ask of it.
type proxy struct {
	addr   string
	server *http.Server

	mu       sync.Mutex
	requests int
	fetched  map[string]int // blobs that came, by digest: how often
	decided  func(decision) // what moves the channel
}

// A decision is a plan that was written to the channel.
type decision struct {
	at       time.Time // when it came
	Version  string
	Base     string
	Steps    []float64
	Step     int
	State    string
	Decision struct{ What, Why string }
}

func newProxy(registry string) (*proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	target := &url.URL{Scheme: "http", Host: registry}
	reverse := &httputil.ReverseProxy{
		Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true},
		ErrorLog:  log.New(io.Discard, "", 0),
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
	}
	p := &proxy{addr: l.Addr().String(), fetched: map[string]int{}}
	p.server = &http.Server{ErrorLog: reverse.ErrorLog, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.see(r)
		reverse.ServeHTTP(w, r)
	})}
	go func() { _ = p.server.Serve(l) }()
	return p, nil
}

func (p *proxy) close() error { return p.server.Close() }

// see counts a request, and reads a plan.
func (p *proxy) see(r *http.Request) {
	now := time.Now()
	_, digest, isBlob := strings.Cut(r.URL.Path, "/blobs/")
	p.mu.Lock()
	p.requests++
	if isBlob && r.Method == http.MethodGet {
		p.fetched[digest]++
	}
	decided := p.decided
	p.mu.Unlock()
	if r.Method != http.MethodPut || !strings.HasSuffix(r.URL.Path, "/manifests/"+channel) {
		return
	}
	b, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(b))
	var index struct{ Annotations map[string]string }
	var d decision
	if err == nil && json.Unmarshal(b, &index) == nil && json.Unmarshal([]byte(index.Annotations["io.github.hotso.rollout"]), &d) == nil && decided != nil {
		d.at = now
		decided(d)
	}
}

// onDecision has f be called when a plan is written, from another goroutine.
func (p *proxy) onDecision(f func(decision)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.decided = f
}

func (p *proxy) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests
}

// A fetch is how often blobs came.
type fetch struct {
	Blobs int `json:"blobs"`
	Most  int `json:"most"` // times that one of them came
}

func (p *proxy) blobs() (f fetch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range p.fetched {
		f.Blobs++
		f.Most = max(f.Most, n)
	}
	return f
}
