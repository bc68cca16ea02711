//go:build prometheus

package main

import (
	"net/http/httptest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func init() {
	n := promauto.NewCounter(prometheus.CounterOpts{Name: "n"})
	var s *httptest.Server
	busy(func() error {
		s = httptest.NewServer(promhttp.Handler())
		return nil
	}, func() error {
		n.Inc()
		return get(s.URL)
	})
}
