// Package hotsoprom has the metrics of slots for Prometheus:
//
//	slot := host.NewSlot("greeter", host.MeasureCalls())
//	prometheus.MustRegister(hotsoprom.Collector(slot))
//	http.Handle("/metrics", promhttp.Handler())
//
// Values are read when somebody scrapes; calls do not know of it. What there is, docs/metrics.md lists.
// How long calls took is among it only with [host.MeasureCalls].
//
// Times are native histograms (https://prometheus.io/docs/specs/native_histograms/), with buckets 9 % apart,
// for servers that ask for them, and at the same time classic ones, with buckets that double, for all others.
//
// # Series
//
// A slot has some 80 series of its own, and for each version that has run 13, and 30 of its classic histogram, or
// 1 of its native one. It remembers 64 versions, and all that are in the process, as [host.Slot.Versions] does;
// the series of one that it forgets end. So no library has more than some 2,900 series at a time, however often it
// is deployed. A version that is loaded again goes on counting in the same series.
//
// Two slots of the same name are registered each with a label of its own:
//
//	prometheus.WrapRegistererWith(prometheus.Labels{"slot": "a"}, reg).MustRegister(hotsoprom.Collector(a))
package hotsoprom
