package contract

import (
	"context"
	"errors"
	"iter"
	"runtime"
)

// Pieces are the elements of a sequence: each is written to e, which is then what yield was
// called for. An error is the last that yield is called with. Instead of that, once, they may be
// given up: then e and yield are nil.
type Pieces func(e *Encoder, yield func(error) bool)

// Values are the pieces of seq, which put writes.
func Values[T any](seq iter.Seq2[T, error], put func(*Encoder, *T)) (Pieces, error) {
	if seq == nil {
		return nil, errors.New("the sequence is nil")
	}
	return func(e *Encoder, yield func(error) bool) {
		if e == nil {
			return
		}
		for v, err := range seq {
			e.reset()
			if err == nil {
				put(e, &v)
				err = e.Err()
			}
			if !yield(err) || err != nil {
				return
			}
		}
	}, nil
}

// Range frees a call whose arguments were written and returns the sequence that a method
// answers with. Each range over it calls the method, as it would be on this side. An error ends it.
func Range[T any](c *Call, method int, get func(*Decoder, *T)) iter.Seq2[T, error] {
	b, ctx, failed, o, at, user := c.bound, c.ctx, c.Encoder.Err(), c.object, c.handleAt, c.user
	args := append([]byte(nil), c.Encoder.buf...)
	c.Free()
	return func(yield func(T, error) bool) {
		defer runtime.KeepAlive(user) // whoever has the sequence refers to the object
		var none T
		if failed != nil {
			yield(none, failed)
			return
		}
		// When the reader leaves, the implementation's context ends.
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		pieces, release, err := b.open(ctx, o, method, args, at)
		defer release()
		if err != nil {
			yield(none, err)
			return
		}
		for piece, err := range pieces {
			var v T
			if err != nil {
				yield(none, b.errors.fromDetail(err))
				return
			}
			d := newDecoder(piece)
			get(d, &v)
			if err := d.Done(); err != nil {
				yield(none, err)
				return
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}
