package host

import (
	"context"
	"log/slog"

	"github.com/hotso/hotso/cabi/abi/wire"
	"github.com/hotso/hotso/cabi/abi/wire/record"
	"github.com/hotso/hotso/host/internal/invoke"
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
	return provide(invoke.Import2(wire.LogFunction, func(t *invoke.Target, level int64, encoded []byte) (bool, error) {
		ctx := context.Background()
		enabled := handler.Enabled(ctx, slog.Level(level))
		if len(encoded) == 0 || !enabled {
			return enabled, nil
		}
		r, err := record.Read(encoded)
		if err != nil {
			return false, err
		}
		from := []slog.Attr{slog.String("library", t.Name), slog.String("version", t.Version)}
		return true, handler.WithAttrs(from).Handle(ctx, r)
	}))
}

// OnCount has f called for each cabi.Count of a library, from any goroutine.
func OnCount(f func(lib *Library, name string, delta int64)) Option {
	return provide(invoke.Import2(wire.CountFunction, func(t *invoke.Target, name string, delta int64) (None, error) {
		f(libraryOf(t), name, delta)
		return None{}, nil
	}))
}
