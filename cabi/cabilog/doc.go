// Package cabilog sends a library's log records to its host's logger:
//
//	func init() { slog.SetDefault(cabilog.New()) }
//	...
//	slog.Info("warmed up", "entries", len(cache))
//
// where the host says
//
//	slot := host.NewSlot("greeter", host.WithLogger(slog.Default()))
//
// The host's level decides; it is asked each time, since it may change. The host
// adds the attributes library and version. Numbers, texts, bool, times, durations
// and groups keep their kind; other values become text here. If the host takes no
// records, nothing is enabled. The record's source is left out.
package cabilog
