package contract

import (
	"context"
	"errors"
	"iter"
)

// InProcess calls what this program itself exports, by the same bytes as a library is called:
// for tests of a contract and its implementation, without a library.
var InProcess Caller = inProcess{}

type inProcess struct{}

func (inProcess) BindContract(c *Info) (remotes []Remote, err error) {
	for i := range c.Methods {
		s := Serves(c.Name, c.Methods[i].Qualified())
		if _, err := s.find(); err != nil {
			return nil, err
		}
		r := Remote{
			Call: func(ctx context.Context, args, room []byte) ([]byte, error) {
				ctx, cancel := alone(ctx)
				defer cancel()
				call, err := s.Call(ctx, args)
				defer call.Free()
				return append(room[:0], call.Reply()...), err
			},
			Open: func(ctx context.Context, args []byte) (iter.Seq2[[]byte, error], error) {
				ctx, _ = alone(ctx) // it ends with the caller's
				return s.Open(ctx, args)
			},
		}
		r.Make = func(ctx context.Context, args []byte, _ Leave) ([]byte, Pin, error) {
			reply, err := r.Call(ctx, args, nil)
			return reply, &inProcessPin{remotes: remotes}, err
		}
		remotes = append(remotes, r)
	}
	return remotes, nil
}

// Lend implements Lender.
func (inProcess) Lend(f func([]byte) ([]byte, error)) (handle uint64, release func(), err error) {
	return own.lend(f)
}

// inProcessPin keeps nothing: the program stays.
type inProcessPin struct{ remotes []Remote }

func (p *inProcessPin) Call(ctx context.Context, method int, args, room []byte) ([]byte, error) {
	return p.remotes[method].Call(ctx, args, room)
}

func (p *inProcessPin) Open(ctx context.Context, method int, args []byte) (iter.Seq2[[]byte, error], error) {
	return p.remotes[method].Open(ctx, args)
}

func (p *inProcessPin) Make(ctx context.Context, method int, args []byte, leave Leave) ([]byte, Pin, error) {
	return p.remotes[method].Make(ctx, args, leave)
}

func (p *inProcessPin) CallLeaving(ctx context.Context, method int, args []byte) ([]byte, error) {
	return p.remotes[method].Call(ctx, args, nil)
}

func (p *inProcessPin) Await(context.Context) error { return nil }

func (p *inProcessPin) Left() bool  { return false }
func (p *inProcessPin) Ended() bool { return false }
func (p *inProcessPin) Release()    {}

func (p *inProcessPin) Over() <-chan struct{} { return nil }

// alone is a context that is cancelled when ctx is, and has nothing else of it, as in a
// library. Its deadline crosses with the arguments.
func alone(ctx context.Context) (context.Context, context.CancelFunc) {
	own, cancel := context.WithCancel(context.Background())
	stop := context.AfterFunc(ctx, func() {
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			cancel()
		}
	})
	return own, func() { stop(); cancel() }
}
