package page

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
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

// madeStory is a server in whose last five minutes there were a swap, a refused file, a crash, a rollback and a canary.
func madeStory() *made {
	begin := time.Now().Truncate(time.Minute).Add(-310 * time.Second)
	end := begin.Add(304 * time.Second)
	at := func(second int) time.Time { return begin.Add(time.Duration(second) * time.Second) }
	random := rand.New(rand.NewPCG(1, 2))
	noise := func(share float64) float64 { return 1 + share*(random.Float64()*2-1) }
	calls := func(version string, perSecond, failed, milliseconds float64) object {
		n := perSecond * noise(0.06)
		return object{"seq": map[string]int{"1.4": 1, "1.5": 2, "1.6": 3}[version], "version": version, "calls": int(n),
			"failed": int(n*failed*noise(0.9) + random.Float64()*0.9), "p50": 1e6 * milliseconds * noise(0.05), "p99": 6e6 * milliseconds * noise(0.3)}
	}
	m := &made{name: "shop", now: func() time.Time { return end }}
	m.sample = func(now time.Time, _ float64) object {
		const all = 1850
		var v []object
		switch s := int(now.Sub(begin) / time.Second); {
		case s < 88, s >= 168 && s < 212, s >= 240 && s < 268:
			v = append(v, calls("1.4", all, 0.0001, 1.3))
		case s < 167:
			v = append(v, calls("1.5", all*1.03, 0.0001, 0.8))
		case s == 167:
			v = append(v, calls("1.5", all/3, 0.04, 0.9), calls("1.4", all/3, 0, 1.5))
		case s < 240:
			v = append(v, calls("1.6", all*0.97, 0.024, 2.1))
		default:
			v = append(v, calls("1.4", all*0.8, 0.0001, 1.3), calls("1.6", all*0.2, 0.024, 2.1))
		}
		return object{"t": now.UnixMilli(), "versions": v}
	}
	m.versions = func() object {
		list := []object{}
		for _, v := range []struct {
			seq                    int
			version, state, reason string
			second                 int
			calls, errors          int
			share                  float64
		}{
			{1, "1.4", "serving", "back from v1.6: rolled back by hand", 240, 4713208, 211, 80},
			{2, "1.5", "unloaded", "", 168, 150511, 16, 0},
			{3, "1.6", "failed", "rolled back by hand", 240, 50243, 1207, 0},
			{3, "1.6", "canary", "20 % of the calls", 268, 13322, 320, 20},
			{0, "1.7", "refused", "libshop.v1.7.so: verify: not an ELF shared object: it starts with \"#!/b\" (build it with hotso build)", 134, 0, 0, 0},
		} {
			list = append(list, object{"seq": v.seq, "version": v.version, "file": fmt.Sprintf("libshop.v%s.so", v.version), "state": v.state,
				"since": at(v.second), "calls": v.calls, "errors": v.errors, "in_flight": int(v.share) / 25, "share": v.share, "reason": v.reason})
		}
		return object{"name": "shop", "serving": "1.4", "canary": "1.6", "versions": list}
	}
	m.events = []object{
		{"time": at(-4000), "version": "1.4", "state": "serving"},
		{"time": at(88), "version": "1.5", "state": "serving"},
		{"time": at(134), "version": "1.7", "state": "refused", "detail": "verify: not an ELF shared object"},
		{"time": at(167), "version": "1.5", "state": "crashed", "detail": "shop v1.5 crashed: panic: no such shelf: 7", "more": true},
		{"time": at(168), "version": "1.4", "state": "serving", "detail": "fallback from v1.5"},
		{"time": at(212), "version": "1.6", "state": "serving", "detail": "on probation for 1m0s, v1.4 is kept warm"},
		{"time": at(240), "version": "1.6", "state": "failed", "detail": "rolled back by hand"},
		{"time": at(240), "version": "1.4", "state": "serving", "detail": "back from v1.6: rolled back by hand"},
		{"time": at(268), "version": "1.6", "state": "canary", "detail": "20 % of the calls"},
	}
	m.inflight = []object{{"function": "Report", "version": "1.4", "since": at(260), "took": 44e9}}
	return m
}
