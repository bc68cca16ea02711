package server

import (
	"context"
	"slices"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/watch"
)

// removed deals with a version whose file is gone. In a channel that means that it is not to serve.
func (f *follower) removed(ctx context.Context, v watch.Version) {
	channel, isChannel := f.server.conf.Channels[f.dir]
	current := f.current()
	serves := current != nil && current.Path == v.Path
	e := host.Event{Name: v.Name, Version: v.Text, File: v.Path, State: Removed}
	switch {
	case isChannel && current != nil && v.Compare(*current) < 0:
		e.Detail = "it is long ago that it served" // its channel keeps a few
	case isChannel:
		e.Detail = channel + " does not stand for it any more"
	case serves:
		e.Detail = "it goes on serving without its file"
	}
	f.emit(e)
	if isChannel {
		f.takeBack(context.WithoutCancel(ctx), v, serves) // cut short, it would leave two versions
	}
}

// takeBack has the calls of a version go to the newest that is left. If that can't serve, the one that is taken back goes on: some
// answer is better than none, and the events tell.
func (f *follower) takeBack(ctx context.Context, v watch.Version, serves bool) {
	if c := canaryOf(f.slot); c != nil && c.File == v.Path {
		_, _ = f.slot.Abort(ctx) // the slot tells its errors as events
	}
	if !serves {
		return
	}
	list, _ := watch.List(f.dir, f.name)
	for _, older := range slices.Backward(list) {
		if f.complete(older.Path) == nil && f.goBack(ctx, older) {
			f.candidates.current = f.current()
			return
		}
	}
}

// leave ends a canary of a version that its channel does not stand for any more, and reports whether it did: what the
// channel stands for now is not to wait for it.
func (f *follower) leave(ctx context.Context, c *host.VersionInfo) bool {
	if _, isChannel := f.server.conf.Channels[f.dir]; !isChannel {
		return false
	}
	_, err := f.slot.Abort(context.WithoutCancel(ctx))
	return err == nil || canaryOf(f.slot) == nil
}

// goBack has an older version serve: at once if it is warm, so that the one that is taken back is not kept warm in
// its place.
func (f *follower) goBack(ctx context.Context, to watch.Version) bool {
	isWarm := slices.ContainsFunc(f.slot.Versions(), func(v host.VersionInfo) bool { return v.State == host.Warm && v.File == to.Path })
	if isWarm {
		f.memory.ask(to)
		swap, err := f.slot.Rollback(ctx)
		f.slot.Flush(ctx)
		if err == nil && swap != nil {
			return true
		}
	}
	swap, _ := f.swapIn(ctx, to)
	return swap != nil
}
