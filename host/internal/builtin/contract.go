package builtin

import (
	"context"
	"iter"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/host/internal/invoke"
)

func pointerTo(b *[]byte) unsafe.Pointer { return unsafe.Pointer(b) }

// signatureOf is that of a method's function, as hotso gen exports it.
func signatureOf(m *contract.Method) abi.Signature {
	sig := abi.Signature{Params: []abi.Param{{Name: "args", Type: abi.Bytes}}, Result: abi.Bytes, Error: true}
	if m.Stream {
		sig.Result = abi.Stream
	}
	return sig
}

// served is the function of a method of a contract.
func served(s *contract.Server, method int, sig abi.Signature) *invoke.BuiltinFunction {
	f := &invoke.BuiltinFunction{Signature: sig, Error: s.Error}
	if sig.Result == abi.Stream {
		f.Open = func(ctx context.Context, a *invoke.Arguments) (iter.Seq2[[]byte, error], error) {
			return s.Open(ctx, method, a.Bytes())
		}
		return f
	}
	f.Bytes = func(ctx context.Context, args, room []byte) ([]byte, error) {
		call, err := s.Call(ctx, method, args)
		defer call.Free()
		if err != nil {
			return nil, err
		}
		return append(room[:0], call.Reply()...), nil
	}
	return f
}
