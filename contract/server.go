package contract

import (
	"context"
	"iter"
	"reflect"
	"sync"
)

// Known are the contracts that a type of this program implements, of those whose packages it
// imports: what a library of that implementation would serve.
func Known(implementation reflect.Type) (list []Servable) {
	known.mu.Lock()
	defer known.mu.Unlock()
	for _, c := range known.contracts {
		if implementation.Implements(c.implemented()) {
			list = append(list, c)
		}
	}
	return list
}

// known are the contracts of this program.
var known struct {
	mu        sync.Mutex
	contracts []Servable
}

func register(c Servable) {
	known.mu.Lock()
	defer known.mu.Unlock()
	known.contracts = append(known.contracts, c)
}

// Servable is a contract that this program can serve itself.
type Servable interface {
	// Info is what both sides know of it. It is not to be changed.
	Info() *Info
	// Serve returns what clients call, by the same bytes as they call a library. The implementation is
	// asked for by each call; lent finds the functions that a client has lent ([Lender]).
	Serve(implementation func() (any, error), lent Lent) *Server

	implemented() reflect.Type
}

// Lent returns the function behind a handle. It is called later, perhaps when it is not lent any more.
type Lent func(handle uint64) func(args []byte) ([]byte, error)

// A Server is an implementation in this program. Its methods may be called from any goroutine.
type Server struct{ export export }

// callee is the Server that a call is for, on its side; nil in a library, which is one itself.
type callee struct{ lent Lent }

// Info implements Servable.
func (c *Contract[T]) Info() *Info { return &c.info }

func (c *Contract[T]) implemented() reflect.Type { return reflect.TypeFor[T]() }

// Serve implements Servable.
func (c *Contract[T]) Serve(implementation func() (any, error), lent Lent) *Server {
	s := &Contract[T]{info: c.info, errors: c.errors, serve: c.serve, objects: c.objects, callee: &callee{lent}}
	s.exported.make = func() (impl T, err error) {
		x, err := implementation()
		if err == nil {
			impl = x.(T)
		}
		return impl, err
	}
	return &Server{s}
}

// Call calls a method, by its index in Info.Methods, with the arguments that a client wrote. The Reply
// is valid until Free.
func (s *Server) Call(ctx context.Context, method int, args []byte) (*Call, error) {
	return s.export.call(ctx, method, args)
}

// Open is Call for a method that returns a sequence. The pieces are valid until the next.
func (s *Server) Open(ctx context.Context, method int, args []byte) (iter.Seq2[[]byte, error], error) {
	return s.export.open(ctx, method, args)
}

// Error is an error of the implementation as it crosses.
func (s *Server) Error(err error) error { return s.export.detail(err) }

// Stop closes the objects that clients have left.
func (s *Server) Stop() { s.export.closeObjects() }
