package contract

import (
	"context"
	"encoding"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"sync"
)

// Objects are those that the implementation of a contract has returned, and that somebody on
// the other side still has. They are known there by their handles, which are never 0 and never
// used again.
type Objects struct {
	mu   sync.Mutex
	last uint64
	live map[uint64]kept
	read map[uint64]*reading
}

// kept is an object, and whose it is.
type kept struct {
	object any
	of     *callee
}

// NewObjects returns none.
func NewObjects() *Objects { return &Objects{live: map[uint64]kept{}, read: map[uint64]*reading{}} }

// Put writes the handle of an object, which stays until it is freed; 0 for nil. It comes before all
// other results, so that it can be read if nobody is left who knows them.
func (s *Objects) Put(e *Encoder, object any) {
	if object != nil {
		e.made = s.add(kept{object, e.callee})
	}
	e.buf = slices.Insert(e.buf, 0, binary.LittleEndian.AppendUint64(nil, e.made)...)
}

// drop closes the object that a call has made, if there is one, as nobody gets its handle.
func (s *Objects) drop(e *Encoder) {
	if e.made == 0 {
		return
	}
	s.mu.Lock()
	object := s.live[e.made].object
	delete(s.live, e.made)
	s.mu.Unlock()
	e.made = 0
	_ = closeObject(object)
}

// PutMoving is Put for a kind that moves: what can't be written down is refused at once.
func (s *Objects) PutMoving(e *Encoder, object any) {
	if _, ok := object.(encoding.BinaryMarshaler); object != nil && !ok {
		e.fail(ErrValue, "a %T can't move to another version: it has no MarshalBinary", object)
		return
	}
	s.Put(e, object)
}

func (s *Objects) add(object kept) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	s.live[s.last] = object
	return s.last
}

// of reads a handle and returns its object, which is forgotten if it is taken.
func of[O any](s *Objects, d *Decoder, take bool) (object O, err error) {
	handle := d.Uint64()
	if d.err != nil {
		return object, d.err
	}
	d.object = handle
	s.mu.Lock()
	defer s.mu.Unlock()
	object, ok := s.live[handle].object.(O)
	if !ok {
		return object, ErrGone
	}
	if take {
		delete(s.live, handle)
	}
	return object, nil
}

// ObjectOf reads the object whose method is called.
func ObjectOf[O any](s *Objects, d *Decoder) (O, error) { return of[O](s, d, false) }

// TakeObject is ObjectOf for a method after which the object is gone.
func TakeObject[O any](s *Objects, d *Decoder) (O, error) { return of[O](s, d, true) }

// Free forgets an object, and closes it if it is an io.Closer.
func Free[T any](s *Objects) Serve[T] {
	return Serve[T]{Call: func(_ context.Context, _ T, d *Decoder, _ *Encoder) error {
		object, err := TakeObject[any](s, d)
		if err != nil {
			return err
		}
		return closeObject(object)
	}}
}

// Save writes down an object and forgets it: it moves to another version.
func Save[T any](s *Objects) Serve[T] {
	return Serve[T]{Call: func(ctx context.Context, _ T, d *Decoder, e *Encoder) error {
		handle := *d // to be read twice
		object, err := ObjectOf[encoding.BinaryMarshaler](s, d)
		if err == nil {
			err = s.awaitUnread(ctx, d.object)
		}
		if err != nil {
			return err
		}
		saved, err := object.MarshalBinary()
		if err != nil {
			return fmt.Errorf("MarshalBinary: %w", err)
		}
		_, err = TakeObject[any](s, &handle)
		if saved == nil {
			saved = []byte{}
		}
		e.ByteSlice(saved)
		return err
	}}
}

// Restore rebuilds an object of what Save wrote in another version.
func Restore[T, O any](s *Objects, restore func(T, []byte) (O, error)) Serve[T] {
	return Serve[T]{Call: func(_ context.Context, impl T, d *Decoder, e *Encoder) error {
		saved := d.ByteSlice()
		if err := d.Done(); err != nil {
			return err
		}
		object, err := restore(impl, saved)
		if err != nil {
			return err
		}
		if any(object) == nil {
			return fmt.Errorf("%w: it was restored as nil", ErrValue)
		}
		s.PutMoving(e, object)
		return nil
	}}
}

// closeAll closes what is still there when a version stops. Nil has nothing.
func (s *Objects) closeAll(of *callee) {
	if s == nil {
		return
	}
	s.mu.Lock()
	var left []any
	for handle, k := range s.live {
		if k.of == of {
			left = append(left, k.object)
			delete(s.live, handle)
		}
	}
	s.mu.Unlock()
	for _, object := range left {
		defer closeObject(object) // the others too if one panics
	}
}

func closeObject(object any) error {
	if closer, ok := object.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}
