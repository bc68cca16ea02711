package foreign

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/host"
)

// A target is a library or slot.
type target interface {
	Call(ctx context.Context, name string, args ...any) (host.Result, error)
	CallStream(ctx context.Context, name string, args ...any) (*host.Stream, error)
	prepare(name, signature string) (*Function, error)
	current() *host.Library // nil if there is none
	close(ctx context.Context) (*host.Report, error)
}

// prepared are the functions of a target that were prepared, each once: a slot keeps a promise for good.
type prepared struct {
	mu        sync.Mutex
	functions map[string]*Function // by name and signature
}

type library struct {
	*host.Library
	prepared prepared
	closed   atomic.Bool
}

func (l *library) prepare(name, signature string) (*Function, error) {
	return l.prepared.prepare(l.Library, l.Library, name, signature)
}

func (l *library) current() *host.Library { return l.Library }

func (l *library) close(ctx context.Context) (*host.Report, error) {
	report, err := l.Close(ctx)
	l.closed.Store(true)
	return report, err
}

func (l *library) release() error {
	if !l.closed.Load() {
		return errOpen
	}
	return nil
}

var errOpen = fmt.Errorf("%w: close it first (hotsoh_close)", host.ErrBusy)

type slot struct {
	*host.Slot
	prepared prepared
	queue    queue
	closed   atomic.Bool
	over     context.Context // ends with the slot
	end      context.CancelFunc
}

func (s *slot) prepare(name, signature string) (*Function, error) {
	return s.prepared.prepare(s.Slot, s.Current(), name, signature)
}

func (s *slot) current() *host.Library { return s.Current() }

func (s *slot) close(ctx context.Context) (*host.Report, error) {
	report, err := s.Close(ctx)
	if errors.Is(err, host.ErrBusy) && report == nil {
		// It was closed, or another deployment was in the way: then calls do not get ErrClosed.
		if _, why := s.Call(context.Background(), ""); !errors.Is(why, host.ErrClosed) {
			return nil, err
		}
	}
	s.closed.Store(true)
	s.end()
	s.queue.end()
	return report, err
}

func (s *slot) release() error {
	if !s.closed.Load() {
		return errOpen
	}
	s.queue.close()
	return nil
}

// within is a context for a timeout, where 0 is none.
func within(timeout time.Duration) (context.Context, context.CancelFunc) {
	if timeout <= 0 {
		return context.Background(), func() {}
	}
	return context.WithTimeout(context.Background(), timeout)
}

// Inspect describes the library at path.
func Inspect(path string, h Handle) ([]byte, error) {
	opts, err := options(h, nil)
	if err != nil {
		return nil, err
	}
	d, err := host.Inspect(path, opts...)
	if err != nil {
		return nil, err
	}
	return encode(d), nil
}

// LibraryOpen opens the library at path.
func LibraryOpen(path string, h Handle, timeout time.Duration) (Handle, error) {
	opts, err := options(h, nil)
	if err != nil {
		return 0, err
	}
	ctx, cancel := within(timeout)
	defer cancel()
	lib, err := host.Open(ctx, path, opts...)
	if err != nil {
		return 0, err
	}
	return handles.add(&library{Library: lib}), nil
}

// SlotNew makes a slot.
func SlotNew(name string, h Handle) (Handle, error) {
	if name == "" {
		return 0, fmt.Errorf("%w: a slot has a name", host.ErrArgument)
	}
	s := &slot{queue: queue{capacity: defaultQueue}}
	opts, err := options(h, &s.queue)
	if err != nil {
		return 0, err
	}
	s.over, s.end = context.WithCancel(context.Background())
	s.Slot = host.NewSlot(name, append(opts, host.OnEvent(func(e host.Event) { s.queue.put(eventText(e), false) }))...)
	return handles.add(s), nil
}

// deployed makes a result of a deployment JSON, which may come beside an error.
func deployed[T any](h Handle, timeout time.Duration, deploy func(context.Context, *slot) (*T, error)) ([]byte, error) {
	s, err := lookup[*slot](h)
	if err != nil {
		return nil, err
	}
	ctx, cancel := within(timeout)
	defer cancel()
	result, err := deploy(ctx, s)
	s.takeSignals()
	if result == nil {
		return nil, err
	}
	return encode(result), err
}

// SlotSwap swaps to the library at path.
func SlotSwap(h Handle, path string, timeout time.Duration) ([]byte, error) {
	return deployed(h, timeout, func(ctx context.Context, s *slot) (*host.Swap, error) { return s.Swap(ctx, path) })
}

// SlotRollback goes back to the version before.
func SlotRollback(h Handle, timeout time.Duration) ([]byte, error) {
	return deployed(h, timeout, func(ctx context.Context, s *slot) (*host.Swap, error) { return s.Rollback(ctx) })
}

// SlotCanary has the library at path serve percent of the calls.
func SlotCanary(h Handle, path string, percent float64, terms string, timeout time.Duration) ([]byte, error) {
	var t struct {
		Keys []string `json:"keys"`
		host.Promotion
	}
	if err := decode("terms", terms, &t); err != nil {
		return nil, err
	}
	if t.Errors < 0 || t.Errors > 1 || t.After < 0 {
		return nil, fmt.Errorf("%w: terms: errors is a share, 0 to 1, and after no time before now", host.ErrArgument)
	}
	return deployed(h, timeout, func(ctx context.Context, s *slot) (*host.VersionInfo, error) {
		return s.Canary(ctx, path, host.Share{Percent: percent, Keys: t.Keys}, t.Promotion)
	})
}

// SlotSetShare changes the share of the canary.
func SlotSetShare(h Handle, percent float64, keys string) error {
	s, err := lookup[*slot](h)
	if err != nil {
		return err
	}
	share := host.Share{Percent: percent}
	if err := decode("keys", keys, &share.Keys); err != nil {
		return err
	}
	return s.SetShare(share)
}

// decode reads JSON of the caller's, if there is some.
func decode(what, text string, to any) error {
	if text == "" {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(to)
	if _, more := d.Token(); err == nil && more != io.EOF {
		err = errors.New("something follows it")
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w", host.ErrArgument, what, err)
	}
	return nil
}

// SlotPromote makes the canary the current version.
func SlotPromote(h Handle, timeout time.Duration) ([]byte, error) {
	return deployed(h, timeout, func(ctx context.Context, s *slot) (*host.Swap, error) { return s.Promote(ctx) })
}

// SlotAbort ends the canary.
func SlotAbort(h Handle, timeout time.Duration) ([]byte, error) {
	return deployed(h, timeout, func(ctx context.Context, s *slot) (*host.Report, error) { return s.Abort(ctx) })
}

// SlotVersions lists what the slot has seen.
func SlotVersions(h Handle) ([]byte, error) {
	s, err := lookup[*slot](h)
	if err != nil {
		return nil, err
	}
	return encode(append([]host.VersionInfo{}, s.Versions()...)), nil
}

// SlotForgive forgets all crashes.
func SlotForgive(h Handle) error {
	s, err := lookup[*slot](h)
	if err == nil {
		s.Forgive()
	}
	return err
}

// Describe describes the library that serves.
func Describe(h Handle) ([]byte, error) {
	lib, err := serving(h)
	if err != nil {
		return nil, err
	}
	return encode(lib.Description()), nil
}

// Health runs the health hooks of the library that serves.
func Health(h Handle) error {
	lib, err := serving(h)
	if err != nil {
		return err
	}
	return lib.Health(context.Background())
}

func serving(h Handle) (*host.Library, error) {
	t, err := lookup[target](h)
	if err != nil {
		return nil, err
	}
	lib := t.current()
	if lib == nil {
		return nil, host.ErrEmpty
	}
	return lib, nil
}

// Close closes a library or slot.
func Close(h Handle, timeout time.Duration) ([]byte, error) {
	t, err := lookup[target](h)
	if err != nil {
		return nil, err
	}
	ctx, cancel := within(timeout)
	defer cancel()
	report, err := t.close(ctx)
	if report == nil {
		return nil, err
	}
	return encode(report), err
}

// EventNext takes the oldest item of a slot's queue.
func EventNext(h Handle, timeout time.Duration) (text []byte, dropped uint64, s Status, err error) {
	of, err := lookup[*slot](h)
	if err != nil {
		return nil, 0, BadHandle, err
	}
	text, dropped, s = of.queue.take(timeout)
	return text, dropped, s, nil
}

// EventDescriptor is readable while EventNext would not wait.
func EventDescriptor(h Handle) (int, error) {
	s, err := lookup[*slot](h)
	if err != nil {
		return -1, err
	}
	return s.queue.descriptor()
}
