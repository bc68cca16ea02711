package page

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"
)

type object = map[string]any

// made is a server whose figures are made up: what a real one would take a day for, or would never do twice in
// the same way. It answers with the page's own files.
type made struct {
	name     string
	now      func() time.Time
	versions func() object
	sample   func(at time.Time, seconds float64) object // nil: there were no calls
	events   []object
	inflight []object
}

func (m *made) start(t *testing.T) *httptest.Server {
	answer := func(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }
	mux := http.NewServeMux()
	files := filepath.Join("..", "..", "host", "cmd", "hotso", "internal", "page", "static")
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, filepath.Join(files, "index.html")) })
	mux.Handle("GET /page/", http.StripPrefix("/page/", http.FileServer(http.Dir(files))))
	mux.HandleFunc("GET /libraries", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, []object{{"name": m.name, "state": "serving"}})
	})
	mux.HandleFunc("GET /versions/"+m.name, func(w http.ResponseWriter, _ *http.Request) { answer(w, m.versions()) })
	mux.HandleFunc("GET /inflight/"+m.name, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, object{"name": m.name, "total": len(m.inflight), "calls": append([]object{}, m.inflight...)})
	})
	mux.HandleFunc("GET /history/"+m.name, func(w http.ResponseWriter, r *http.Request) {
		var since int64
		_, _ = fmt.Sscan(r.FormValue("since"), &since)
		step, kept := time.Second, time.Hour
		if r.FormValue("step") == "30" {
			step, kept = 30*time.Second, day
		}
		now := m.now()
		samples := []object{}
		for at := now.Add(-kept).Truncate(step); at.Before(now); at = at.Add(step) {
			if at.UnixMilli() <= since {
				continue
			}
			if s := m.sample(at, step.Seconds()); s != nil {
				samples = append(samples, s)
			}
		}
		answer(w, object{"name": m.name, "now": now.UnixMilli(), "samples": samples})
	})
	mux.HandleFunc("GET /events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i, e := range m.events {
			e["id"], e["name"] = i+1, m.name
			b, _ := json.Marshal(e)
			fmt.Fprintf(w, "event: %s\ndata: %s\n\n", e["state"], b)
		}
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	s := httptest.NewServer(mux)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}
