package top

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// A fake answers as hotso serve does, with what it is given; what it does not have is 404.
type fake struct {
	mu      sync.Mutex
	answers map[string]any // by method and path; a string is a refusal with 409
	asked   []string       // method, path and query, and the token
	events  []server.Event
	ended   chan struct{} // closed to end streams of events
	*httptest.Server
}

func newFake(t *testing.T) *fake {
	f := &fake{answers: map[string]any{}, ended: make(chan struct{})}
	f.Server = httptest.NewServer(f)
	t.Cleanup(func() { close(f.ended); f.Close() })
	return f
}

func (f *fake) server() *Server {
	return &Server{Place: "fake", Base: f.URL, Token: "secret", HTTP: &http.Client{Transport: &http.Transport{}}}
}

func (f *fake) set(path string, answer any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[path] = answer
}

func (f *fake) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked := f.asked
	f.asked = nil
	return asked
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.asked = append(f.asked, fmt.Sprint(r.Method, " ", r.URL.RequestURI(), " ", r.Header.Get("Authorization")))
	answer, ok := f.answers[r.Method+" "+r.URL.Path]
	events := f.events
	f.mu.Unlock()
	switch refusal, isRefusal := answer.(string); {
	case r.URL.Path == "/events":
		for _, e := range events {
			b, _ := json.Marshal(e)
			fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", e.ID, e.State, b)
		}
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
		case <-f.ended:
		case <-time.After(time.Minute):
		}
	case !ok:
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"error": "nothing there"}`))
	case isRefusal:
		w.WriteHeader(http.StatusConflict)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": refusal, "page": "errors/none-before"})
	default:
		_ = json.NewEncoder(w).Encode(answer)
	}
}
