package hotsoprom

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/metrics"
	"github.com/hotso/hotso/host/life"
)

// Collector has the metrics of slots, for [prometheus.Registerer.Register].
func Collector(slots ...*host.Slot) prometheus.Collector {
	return CollectorOf(func() []*host.Slot { return slots })
}

// CollectorOf is Collector for slots that come and go. Slots is called for each scrape, by several
// goroutines at a time.
func CollectorOf(slots func() []*host.Slot) prometheus.Collector { return collector{slots} }

type collector struct{ slots func() []*host.Slot }

// Describe implements prometheus.Collector.
func (c collector) Describe(descs chan<- *prometheus.Desc) {
	all, _ := metrics.Of(nil)
	for _, f := range all {
		descs <- descOf(f)
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(values chan<- prometheus.Metric) {
	var figures []life.SlotFigures
	for _, s := range c.slots() {
		figures = append(figures, s.Figures())
	}
	all, err := metrics.Of(figures)
	if err != nil {
		values <- prometheus.NewInvalidMetric(prometheus.NewInvalidDesc(err), err)
		return
	}
	for _, f := range all {
		desc := descOf(f)
		for _, s := range f.Samples {
			values <- metricOf(f, desc, s)
		}
	}
}

func descOf(f *metrics.Family) *prometheus.Desc {
	return prometheus.NewDesc(nameOf(f), f.Help, f.Labels, nil)
}

// nameOf is the name by the conventions of Prometheus: the one that collectors of OpenTelemetry would give it, too.
func nameOf(f *metrics.Family) string {
	name := strings.ReplaceAll(f.Name, ".", "_")
	switch f.Unit {
	case "s":
		name += "_seconds"
	case "By":
		name += "_bytes"
	case "1":
		name += "_ratio"
	}
	if f.Kind == metrics.Counter {
		name += "_total"
	}
	return name
}

func metricOf(f *metrics.Family, desc *prometheus.Desc, s metrics.Sample) prometheus.Metric {
	switch f.Kind {
	case metrics.Histogram:
		return newHistogram(desc, s.Histogram, s.Labels)
	case metrics.Counter:
		return prometheus.MustNewConstMetric(desc, prometheus.CounterValue, s.Value, s.Labels...)
	}
	return prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, s.Value, s.Labels...)
}
