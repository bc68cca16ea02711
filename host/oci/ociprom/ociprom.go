// Package ociprom has the metrics of what follows a registry for Prometheus. docs/metrics.md lists them.
//
//	f, err := oci.New("registry.example.com/team/greeter:stable")
//	...
//	prometheus.MustRegister(ociprom.Collector(f))
//
// They are read when somebody scrapes. A rollout needs hotso_channel_position_ratio to know how many hosts are to run a
// version, and those of package hotsoprom to know how it goes there.
package ociprom

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hotso/hotso/host/oci"
)

var (
	info = prometheus.NewDesc("hotso_channel_info", "Always 1: the version that is to run on this host.",
		[]string{"library", "channel", "version"}, nil)
	lookups = prometheus.NewDesc("hotso_channel_lookups_total", "How often the registry was asked what the tag stands for.",
		[]string{"channel", "outcome"}, nil)
	downloads = prometheus.NewDesc("hotso_channel_downloads_total", "Files that were downloaded.", []string{"channel"}, nil)
	seen      = prometheus.NewDesc("hotso_channel_seen_timestamp_seconds", "When the registry has answered last.", []string{"channel"}, nil)
	position  = prometheus.NewDesc("hotso_channel_position_ratio",
		"Where this host stands in the rollout of a version: it is in each share of the hosts that is larger.", []string{"library", "channel", "version"}, nil)
)

type collector []*oci.Follower

// Collector has the metrics of followers, of which no two may have the same reference.
func Collector(followers ...*oci.Follower) prometheus.Collector { return collector(followers) }

// Describe implements prometheus.Collector.
func (c collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{info, lookups, downloads, seen, position} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	for _, f := range c {
		s := f.Status()
		counter := func(d *prometheus.Desc, n int64, labels ...string) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
		}
		gauge := func(d *prometheus.Desc, v float64, labels ...string) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
		}
		counter(lookups, s.Polls-s.Failures, s.Reference, "answered")
		counter(lookups, s.Failures, s.Reference, "failed")
		counter(downloads, s.Downloads, s.Reference)
		if s.Version != "" {
			gauge(info, 1, s.Library, s.Reference, s.Version)
		}
		if !s.Seen.IsZero() {
			gauge(seen, float64(s.Seen.UnixMilli())/1000, s.Reference)
		}
		if r := s.Rollout; r != nil && r.IsUnderWay() {
			gauge(position, r.Position/100, s.Library, s.Reference, r.Version)
		}
	}
}
