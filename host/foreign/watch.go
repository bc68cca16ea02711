package foreign

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/watch"
)

// A watcher follows a directory until its handle is released or its slot is closed.
type watcher struct{ stop context.CancelFunc }

func (w *watcher) release() error {
	w.stop()
	return nil
}

// WatchStart has the slot swapped to the newest version in dir, and again whenever there is a newer one.
func WatchStart(h Handle, dir string) (Handle, error) {
	s, err := lookup[*slot](h)
	if err != nil {
		return 0, err
	}
	if s.closed.Load() {
		return 0, host.ErrClosed
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return 0, fmt.Errorf("%w: %s is no directory that can be read", host.ErrNotFound, dir)
	}
	if _, err := watch.List(dir, s.Name()); errors.Is(err, watch.ErrBadName) {
		return 0, fmt.Errorf("%w: %w", host.ErrArgument, err)
	}
	ctx, stop := context.WithCancel(s.over)
	go s.follow(ctx, dir)
	return handles.add(&watcher{stop}), nil
}

func (s *slot) follow(ctx context.Context, dir string) {
	first := true
	for v := range watch.Versions(ctx, dir, s.Name()) {
		lib := s.Current()
		known := first && lib != nil && lib.Version() == v.Text
		first = false
		if known { // it serves already
			continue
		}
		// A swap that has begun is not given up when nobody watches any more.
		swap, err := s.Swap(context.WithoutCancel(ctx), v.Path)
		i := watchItem{Kind: "watch", Path: v.Path, Version: v.Text, Swap: swap}
		if err != nil {
			i.Error = detailsOf(err)
		}
		s.takeSignals()
		s.queue.put(encode(i), false)
	}
}
