package server

import (
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/hotsoprom"
)

// scrapes is how many may be answered at a time: each takes memory for all its series.
const scrapes = 3

// lacks counts what there was no room for.
type lacks struct{ memory, turns, connections atomic.Int64 }

// metrics are those of a server and its libraries.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	files    *prometheus.CounterVec
}

// newMetrics asks slots for the libraries whenever somebody scrapes.
func newMetrics(slots func() []*host.Slot, conns *conns, lacks *lacks) *metrics {
	m := &metrics{prometheus.NewRegistry(), prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "hotso_http_requests_total", Help: "Requests that were answered, by route and status."}, []string{"route", "code"}),
		prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotso_files_refused_total", Help: "Files in the directory that are no versions a slot could take."}, []string{"library"})}
	m.registry.MustRegister(hotsoprom.CollectorOf(slots), collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m.requests, m.files,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "hotso_http_connections", Help: "Connections that are open."}, func() float64 { return float64(conns.count()) }))
	for lack, n := range map[string]*atomic.Int64{"memory": &lacks.memory, "turn": &lacks.turns, "connection": &lacks.connections} {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "hotso_http_refused_total", Help: "Requests that got 503 for lack of something of the server's, and connections that were closed for others.",
			ConstLabels: prometheus.Labels{"lack": lack}}, func() float64 { return float64(n.Load()) }))
	}
	return m
}

// refuse adds to the files of a library that were refused, none when that is new: an increase is seen from 0 on. A nil m
// does nothing.
func (m *metrics) refuse(library string, files int) {
	if m != nil {
		m.files.WithLabelValues(library).Add(float64(files))
	}
}

// handler answers GET /metrics.
func (m *metrics) handler() http.HandlerFunc {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: scrapes, Registry: m.registry}).ServeHTTP
}

// count counts the requests that h answers. Routes are those of its mux, so that there are not more of
// them than it has, whatever is asked for.
func (m *metrics) count(h http.Handler) http.Handler {
	if m == nil {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answered := &answered{ResponseWriter: w, code: "aborted"}
		defer func() {
			route := r.Pattern
			if route == "" || route == "/" {
				route = "none"
			}
			m.requests.WithLabelValues(route, answered.code).Inc()
		}()
		h.ServeHTTP(answered, r)
		if answered.code == "aborted" { // by a panic only
			answered.code = "200"
		}
	})
}

// answered knows the status of an answer.
type answered struct {
	http.ResponseWriter
	code string
}

// WriteHeader implements http.ResponseWriter.
func (a *answered) WriteHeader(status int) {
	a.code = strconv.Itoa(status)
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }
