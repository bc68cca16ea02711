package contract_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/examples/shop/shop"
)

// A store is a shop of tests, whose carts do what they are told.
type store struct {
	live, restored, freed atomic.Int64

	inOpen, inAdd, inSave, inRestore, inClose func() error // nil: nothing
}

func (s *store) Open(context.Context, string) (shop.Cart, error) {
	s.live.Add(1)
	return &cart{store: s}, run(s.inOpen)
}

func (s *store) Carts(context.Context) (int, error) { return int(s.live.Load()), nil }

func (s *store) RestoreCart(saved []byte) (shop.Cart, error) {
	s.restored.Add(1)
	if err := run(s.inRestore); err != nil {
		return nil, err
	}
	c := &cart{store: s}
	c.items.Store(int64(binary.LittleEndian.Uint64(saved)))
	return c, nil
}

func run(f func() error) error {
	if f == nil {
		return nil
	}
	return f()
}

type cart struct {
	*store
	items atomic.Int64
}

func (c *cart) Add(_ context.Context, _ string, n int) (int, error) {
	if err := run(c.inAdd); err != nil {
		return 0, err
	}
	return int(c.items.Add(int64(n))), nil
}

func (c *cart) Lines(context.Context) iter.Seq2[shop.Line, error] {
	return func(yield func(shop.Line, error) bool) { yield(shop.Line{Count: int(c.items.Load())}, nil) }
}

func (c *cart) Checkout(context.Context) (shop.Checkout, error) { return nil, nil }

func (c *cart) Close() error {
	c.freed.Add(1)
	return run(c.inClose)
}

func (c *cart) MarshalBinary() ([]byte, error) {
	if err := run(c.inSave); err != nil {
		return nil, err
	}
	return binary.LittleEndian.AppendUint64(nil, uint64(c.items.Load())), nil
}

// A fakeSlot has versions, all of them in this process.
type fakeSlot struct {
	remotes []contract.Remote

	mu      sync.Mutex
	current int
	held    chan struct{} // closed when calls wait no longer
	pins    []*fakePin
}

var errEnded = errors.New("the version has ended")

// newStore binds a shop to a fakeSlot.
func newStore(t *testing.T, s *store) (*fakeSlot, shop.Shop) {
	t.Helper()
	shop.Export(func() (shop.ShopServer, error) { return s, nil })
	slot := new(fakeSlot)
	bound, err := shop.Bind(slot)
	require.NoError(t, err)
	return slot, bound
}

func (s *fakeSlot) BindContract(c *contract.Info) ([]contract.Remote, error) {
	var err error
	if s.remotes, err = contract.InProcess.BindContract(c); err != nil {
		return nil, err
	}
	remotes := append([]contract.Remote(nil), s.remotes...)
	for i := range remotes {
		remotes[i].Make = func(ctx context.Context, args []byte, leave contract.Leave) ([]byte, contract.Pin, error) {
			return s.make(ctx, i, args, leave)
		}
	}
	return remotes, nil
}

func (s *fakeSlot) make(ctx context.Context, method int, args []byte, leave contract.Leave) ([]byte, contract.Pin, error) {
	s.mu.Lock()
	p := &fakePin{slot: s, version: s.current, leave: leave}
	s.pins = append(s.pins, p)
	s.mu.Unlock()
	reply, err := p.call(ctx, method, args)
	return reply, p, err
}

// swap has calls go to a next version.
func (s *fakeSlot) swap() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current++
}

// hold has calls wait until the function is called that it returns.
func (s *fakeSlot) hold() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := make(chan struct{})
	s.held = held
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.held = nil
		close(held)
	}
}

type fakePin struct {
	slot         *fakeSlot
	version      int
	leave        contract.Leave
	ended        atomic.Bool
	hung         error // what calls return that are not made
	awaited      atomic.Bool
	releasedOnce atomic.Bool
}

// A leftBehind call is still inside.
type leftBehind struct {
	error
	over  chan struct{}
	reply []byte
}

func (l *leftBehind) Unwrap() error         { return l.error }
func (l *leftBehind) Over() <-chan struct{} { return l.over }
func (l *leftBehind) Reply() []byte         { return l.reply }

// call leaves the call behind when ctx ends, as a host does.
func (p *fakePin) call(ctx context.Context, method int, args []byte) (reply []byte, err error) {
	inside := &leftBehind{over: make(chan struct{})}
	args = append([]byte(nil), args...)
	var failed error
	go func() {
		defer close(inside.over)
		inside.reply, failed = p.slot.remotes[method].Call(context.Background(), args, nil)
	}()
	select {
	case <-inside.over:
		return inside.reply, failed
	case <-ctx.Done():
		inside.error = ctx.Err()
		return nil, inside
	}
}

func (p *fakePin) Call(ctx context.Context, method int, args, _ []byte) ([]byte, error) {
	p.slot.mu.Lock()
	held := p.slot.held
	p.slot.mu.Unlock()
	switch {
	case p.ended.Load():
		return nil, errEnded
	case held != nil && !p.Left():
		return nil, contract.ErrStandsStill
	case p.hung != nil:
		return nil, p.hung
	}
	return p.call(ctx, method, args)
}

func (p *fakePin) Open(ctx context.Context, method int, args []byte) (iter.Seq2[[]byte, error], error) {
	if p.ended.Load() {
		return nil, errEnded
	}
	return p.slot.remotes[method].Open(ctx, args)
}

func (p *fakePin) Make(ctx context.Context, method int, args []byte, leave contract.Leave) ([]byte, contract.Pin, error) {
	return p.slot.make(ctx, method, args, leave)
}

func (p *fakePin) CallLeaving(ctx context.Context, method int, args []byte) ([]byte, error) {
	if p.ended.Load() {
		return nil, errEnded
	}
	return p.call(ctx, method, args)
}

func (p *fakePin) Await(ctx context.Context) error {
	p.slot.mu.Lock()
	held := p.slot.held
	p.slot.mu.Unlock()
	p.awaited.Store(true)
	if held != nil {
		<-held
	}
	return nil
}

func (p *fakePin) Left() bool {
	p.slot.mu.Lock()
	defer p.slot.mu.Unlock()
	return p.slot.current != p.version
}

func (p *fakePin) Ended() bool           { return p.ended.Load() }
func (p *fakePin) Over() <-chan struct{} { return nil }
func (p *fakePin) Release()              { p.releasedOnce.Store(true) }

func openCart(t *testing.T, s shop.Shop) shop.Cart {
	t.Helper()
	c, err := s.Open(t.Context(), "Ada")
	require.NoError(t, err)
	return c
}

func added(t *testing.T, c shop.Cart, want int) {
	t.Helper()
	n, err := c.Add(t.Context(), "apple", 1)
	require.NoError(t, err)
	require.Equal(t, want, n)
}

// A context that ends while the object moves ends the call, and not the move.
func TestMovesGoOnWithoutTheirCaller(t *testing.T) {
	for _, what := range []string{"save", "restore"} {
		s := &store{}
		slot, bound := newStore(t, s)
		c := openCart(t, bound)
		added(t, c, 1)
		begun, goOn := make(chan struct{}), make(chan struct{})
		block := func() error { close(begun); <-goOn; return nil }
		if what == "save" {
			s.inSave = block
		} else {
			s.inRestore = block
		}
		slot.swap()
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-begun; cancel() }()
		_, err := c.Add(ctx, "apple", 1)
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, contract.ErrGone)
		close(goOn)
		added(t, c, 2)
		assert.EqualValues(t, 1, s.restored.Load(), what)
	}
}

// An object that can't be written down is as one that stays.
func TestWhatCantBeSavedStays(t *testing.T) {
	s := &store{inSave: func() error { return fs.ErrInvalid }}
	slot, bound := newStore(t, s)
	c := openCart(t, bound)
	added(t, c, 1)
	slot.swap()
	added(t, c, 2)
	assert.Nil(t, slot.pins[0].leave(t.Context()))
	added(t, c, 3)
	slot.pins[0].ended.Store(true)
	_, err := c.Add(t.Context(), "apple", 1)
	require.ErrorIs(t, err, contract.ErrGone)
	require.ErrorIs(t, err, errEnded)
	assert.Zero(t, s.restored.Load())
}

// What can't be restored is tried again.
func TestRestoreIsTriedAgain(t *testing.T) {
	s := &store{inRestore: func() error { return fs.ErrInvalid }}
	slot, bound := newStore(t, s)
	c := openCart(t, bound)
	added(t, c, 1)
	slot.swap()
	for range 2 {
		_, err := c.Add(t.Context(), "apple", 1)
		require.ErrorIs(t, err, fs.ErrInvalid)
		require.NotErrorIs(t, err, contract.ErrGone)
	}
	s.inRestore = nil
	added(t, c, 2)
	assert.EqualValues(t, 3, s.restored.Load())
}

// A call that waits while its version is taken out does not keep the object there.
func TestHeldCallsLetTheObjectGo(t *testing.T) {
	slot, bound := newStore(t, &store{})
	c := openCart(t, bound)
	added(t, c, 1)
	release := slot.hold()
	answer := make(chan error)
	go func() { _, err := c.Add(context.Background(), "apple", 1); answer <- err }()
	require.Eventually(t, slot.pins[0].awaited.Load, time.Minute, time.Millisecond)
	require.Nil(t, slot.pins[0].leave(t.Context()), "the object is not busy")
	slot.swap()
	slot.pins[0].ended.Store(true)
	release()
	require.NoError(t, <-answer)
	added(t, c, 3)
}

// Who asks an object to leave is told that it is busy, and can ask others meanwhile.
func TestBusyObjectsAreToldApart(t *testing.T) {
	begun, goOn := make(chan struct{}), make(chan struct{})
	s := &store{inAdd: func() error { begun <- struct{}{}; <-goOn; return nil }}
	slot, bound := newStore(t, s)
	busy, idle := openCart(t, bound), openCart(t, bound)
	answer := make(chan error)
	go func() { _, err := busy.Add(context.Background(), "apple", 1); answer <- err }()
	<-begun
	slot.swap()
	left := slot.pins[0].leave(t.Context())
	require.NotNil(t, left)
	require.Nil(t, slot.pins[1].leave(t.Context()))
	assert.True(t, slot.pins[1].releasedOnce.Load())
	assert.False(t, slot.pins[0].releasedOnce.Load())
	close(goOn)
	<-left
	assert.True(t, slot.pins[0].releasedOnce.Load())
	require.NoError(t, <-answer)
	go func() { <-begun }()
	n, err := idle.Add(t.Context(), "apple", 1)
	require.NoError(t, err)
	assert.Equal(t, 1, n)
}

func TestErrorsOfClose(t *testing.T) {
	s := &store{inClose: func() error { return fs.ErrInvalid }}
	slot, bound := newStore(t, s)
	c := openCart(t, bound)
	err := c.Close()
	require.ErrorIs(t, err, fs.ErrInvalid)
	require.NotErrorIs(t, err, contract.ErrGone, "it was there")
	require.ErrorIs(t, c.Close(), contract.ErrGone)
	assert.EqualValues(t, 1, s.freed.Load())

	c = openCart(t, bound)
	slot.pins[1].hung = errors.New("too many calls")
	require.ErrorIs(t, c.Close(), slot.pins[1].hung)
	require.ErrorIs(t, c.Close(), contract.ErrGone)
	require.Eventually(t, slot.pins[1].releasedOnce.Load, time.Minute, time.Millisecond)
	assert.EqualValues(t, 2, s.freed.Load(), "it is freed nevertheless")
}

// Whoever has a sequence of an object refers to it, and several may range over it.
func TestSequencesKeepTheirObject(t *testing.T) {
	_, bound := newStore(t, &store{})
	lines := func() iter.Seq2[shop.Line, error] {
		c := openCart(t, bound)
		added(t, c, 1)
		return c.Lines(t.Context())
	}()
	for range 5 {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for line, err := range lines {
				assert.NoError(t, err)
				assert.Equal(t, 1, line.Count)
			}
		})
	}
	readers.Wait()
}

// An object that takes long to close does not keep others from being freed.
func TestFreeWaitsForNobody(t *testing.T) {
	s, both := &store{}, make(chan struct{})
	s.inClose = func() error { <-both; return nil }
	defer close(both)
	_, bound := newStore(t, s)
	openCart(t, bound)
	openCart(t, bound)
	require.Eventually(t, func() bool { runtime.GC(); return s.freed.Load() == 2 }, time.Minute, time.Millisecond)
}

// Each that hangs in its Close has a thread, so only some do.
func TestFewObjectsHangInClose(t *testing.T) {
	defer contract.SetFree(time.Millisecond, 2)()
	var inside, most atomic.Int64
	goOn := make(chan struct{})
	s := &store{}
	s.inClose = func() error {
		n := inside.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		<-goOn
		inside.Add(-1)
		return nil
	}
	_, bound := newStore(t, s)
	for range 10 {
		openCart(t, bound)
	}
	require.Eventually(t, func() bool { runtime.GC(); return inside.Load() == 3 }, time.Minute, time.Millisecond)
	for range 10 {
		time.Sleep(5 * time.Millisecond) // for another to go in
		select {
		case goOn <- struct{}{}:
		case <-time.After(time.Minute):
			t.Fatal("the others are not closed")
		}
		runtime.GC()
	}
	assert.EqualValues(t, 3, most.Load(), "two that hang, and the next")
}

// What was made for a caller who has left is closed.
func TestObjectsOfCallersWhoLeft(t *testing.T) {
	left := make(chan struct{})
	s := &store{inOpen: func() error { <-left; return nil }}
	slot, bound := newStore(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := bound.Open(ctx, "Ada")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.False(t, slot.pins[0].releasedOnce.Load(), "it is needed to close the object")
	close(left)
	require.Eventually(t, slot.pins[0].releasedOnce.Load, time.Minute, time.Millisecond)
	assert.EqualValues(t, 1, s.freed.Load())
}
