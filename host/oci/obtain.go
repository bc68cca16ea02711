package oci

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/opencontainers/go-digest"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host/internal/blobcache"
	"github.com/hotso/hotso/host/internal/pace"
	"github.com/hotso/hotso/host/internal/registry"
)

var (
	errMovedOn = errors.New("the tag has moved on")
	errCheck   = errors.New("refused")
)

// obtain has the file of a choice be in the cache, and returns its path. seen is what the tag stood for when it was chosen.
func (l *loop) obtain(ctx context.Context, c *choice, seen digest.Digest) (string, error) {
	signed, err := l.verify(ctx, c)
	if err != nil {
		return "", err
	}
	lib, err := l.client.Library(ctx, c.entry)
	if err != nil {
		return "", err
	}
	c.File = lib.File.String()
	ctx, cancel := context.WithCancelCause(ctx)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		l.abandon(ctx, c.Manifest, seen, cancel)
	}()
	defer func() { cancel(nil); <-stopped }()
	key := blobcache.Key{SHA256: lib.File.Encoded(), Name: lib.FileName(), Size: lib.Layer.Size}
	path, err := l.cache.Fill(ctx, key, func(part *os.File) (*io.SectionReader, error) { return l.download(ctx, lib, part) })
	switch {
	case errors.Is(context.Cause(ctx), errMovedOn):
		return "", errMovedOn
	case err != nil:
		return "", err
	}
	if err := l.judge(lib, path); err != nil {
		return "", err
	}
	if l.options.verifier != nil {
		err = l.channel.vouch(filepath.Base(path), evidence{c.entry.Descriptor.Digest, c.File, signed})
	}
	return path, err
}

func (l *loop) download(ctx context.Context, lib registry.Library, part *os.File) (*io.SectionReader, error) {
	file, err := l.client.Download(ctx, lib, part, nil)
	if err == nil {
		l.note(func(s *Status) { s.Downloads++ })
	}
	return file, err
}

// abandon looks at the tag while a download takes its time, and cancels it when something else is to run.
func (l *loop) abandon(ctx context.Context, manifest string, seen digest.Digest, cancel context.CancelCauseFunc) {
	for p := (pace.Pace{Interval: l.options.interval}); l.sleep(ctx, p.Next(rand.Float64())); {
		d, err := l.look(ctx)
		if err != nil {
			p.Failed()
			continue
		}
		p.Succeeded()
		if d.Digest == seen {
			continue
		}
		index, err := l.client.IndexOf(ctx, d)
		if err != nil {
			continue
		}
		seen = d.Digest
		if c, err := l.choose(index); err == nil && c.Manifest != manifest {
			cancel(errMovedOn)
			return
		}
	}
}

// judge has the seal say what the file is, and WithCheck whether it is welcome.
func (l *loop) judge(lib registry.Library, path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	s, err := manifest.Unseal(content)
	if err != nil {
		return fmt.Errorf("%w: v%s of %s: %w", registry.ErrNoLibrary, lib.Version, lib.Name, err)
	}
	if m := s.Manifest; m.Name != lib.Name || m.Version != lib.Version || m.OS != lib.Platform.OS || m.Arch != lib.Platform.Architecture {
		return fmt.Errorf("%w: its seal says that it is v%s of %s for %s/%s, and the registry v%s of %s for %s/%s", registry.ErrNoLibrary,
			m.Version, m.Name, m.OS, m.Arch, lib.Version, lib.Name, lib.Platform.OS, lib.Platform.Architecture)
	}
	if l.options.check == nil {
		return nil
	}
	if err := l.options.check(path); err != nil {
		return fmt.Errorf("v%s of %s is %w: %w", lib.Version, lib.Name, errCheck, err)
	}
	return nil
}
