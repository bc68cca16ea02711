package host

import (
	"context"
	"log/slog"
	"strings"

	"github.com/hotso/hotso/cabi/abi/wire"
	"github.com/hotso/hotso/cabi/abi/wire/record"
	"github.com/hotso/hotso/host/internal/invoke"
	"github.com/hotso/hotso/host/internal/proc"
)

// WithLogger passes log records of libraries (package cabilog) to a logger, with the
// attributes library and version. The logger's level decides; libraries ask for it.
//
//	slot := host.NewSlot("greeter", host.WithLogger(slog.Default()))
//
// and in the library
//
//	cabilog.New().Info("warmed up", "entries", len(cache))
//
// With TrustKeys, NewSlot and Open warn of LD_PRELOAD, LD_AUDIT, LD_LIBRARY_PATH and
// GLIBC_TUNABLES in the environment that the process was started with.
func WithLogger(logger *slog.Logger) Option {
	handler := logger.Handler()
	records := provide(invoke.Import2(wire.LogFunction, func(t *invoke.Target, level int64, encoded []byte) (bool, error) {
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
	return func(c *config) {
		c.log = handler
		records(c)
	}
}

// warn says what of the environment lets other code into the process than keys vouch for.
func (c *config) warn() {
	if !c.Image.Signed || c.log == nil {
		return
	}
	for _, v := range proc.LinkerEnvironment() {
		name, value, _ := strings.Cut(v, "=")
		slog.New(c.log).Warn("keys are trusted, and the process was started with a variable that has the dynamic linker use other code: unset it",
			"variable", name, "value", value)
	}
}

// OnCount has f called for each cabi.Count of a library, from any goroutine.
func OnCount(f func(lib *Library, name string, delta int64)) Option {
	return provide(invoke.Import2(wire.CountFunction, func(t *invoke.Target, name string, delta int64) (None, error) {
		f(libraryOf(t), name, delta)
		return None{}, nil
	}))
}
