package host

import (
	"context"
	"log/slog"

	"github.com/hotso/hotso/cabi/abi/wire"
	"github.com/hotso/hotso/cabi/abi/wire/record"
)

// WithLogger hands log records of libraries (package cabilog) to a logger, with the
// attributes library and version. Its level decides; a library asks for it.
//
//	slot := host.NewSlot("greeter", host.WithLogger(slog.Default()))
//
// and in the library
//
//	cabilog.New().Info("warmed up", "entries", len(cache))
func WithLogger(logger *slog.Logger) Option {
	handler := logger.Handler()
	return service2(wire.LogFunction, func(lib *Library, level int64, encoded []byte) (bool, error) {
		ctx := context.Background()
		enabled := handler.Enabled(ctx, slog.Level(level))
		if len(encoded) == 0 || !enabled {
			return enabled, nil
		}
		r, err := record.Read(encoded)
		if err != nil {
			return false, err
		}
		from := []slog.Attr{slog.String("library", lib.Name()), slog.String("version", lib.Version())}
		return true, handler.WithAttrs(from).Handle(ctx, r)
	}).option()
}

// OnCount has f called for each cabi.Count of a library, from any goroutine.
func OnCount(f func(lib *Library, name string, delta int64)) Option {
	return service2(wire.CountFunction, func(lib *Library, name string, delta int64) (None, error) {
		f(lib, name, delta)
		return None{}, nil
	}).option()
}
