package rank

import "context"

// A Token is held by one at a time, as a lock is, but is none: code of anybody's may run
// while it is held, and a waiter gives up when its context ends.
//
//	if err := token.Acquire(ctx); err != nil {
//		return err
//	}
//	defer token.Release()
type Token chan struct{}

// NewToken returns a token that nobody holds.
func NewToken() Token { return make(Token, 1) }

// Acquire takes the token, and waits for it until ctx ends.
func (t Token) Acquire(ctx context.Context) error {
	select {
	case t <- struct{}{}: // also when ctx has ended
		return nil
	default:
	}
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Release lets the next one have it.
func (t Token) Release() { <-t }
