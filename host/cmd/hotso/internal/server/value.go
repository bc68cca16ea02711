package server

import (
	"encoding/base64"
	"fmt"
	"math"
	"slices"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
)

// arguments turns what JSON has no type for into what the host's dynamic call
// takes. The host converts and checks everything else.
func arguments(sig abi.Signature, args []any) ([]any, error) {
	args = slices.Clone(args) // they may be converted again for another version
	for i := range min(len(args), len(sig.Params)) {
		text, ok := args[i].(string)
		if !ok {
			continue
		}
		switch t := sig.Params[i].Type; {
		case t == abi.Bytes:
			b, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return nil, fmt.Errorf("%w: argument %d: []byte is a base64 string: %w", host.ErrArgument, i+1, err)
			}
			args[i] = b
		case t.Float():
			if f, ok := notFinite[text]; ok {
				args[i] = f
			}
		}
	}
	return args, nil
}

var notFinite = map[string]float64{"NaN": math.NaN(), "+Inf": math.Inf(1), "-Inf": math.Inf(-1)}

// JSON is a result of a call as encoding/json can write it.
func JSON(v any) any {
	var f float64
	switch n := v.(type) {
	case float32:
		f = float64(n)
	case float64:
		f = n
	}
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "+Inf"
	case math.IsInf(f, -1):
		return "-Inf"
	}
	if b, ok := v.([]byte); ok && b == nil {
		return []byte{} // "", not null
	}
	return v
}
