package server

import (
	"encoding/base64"
	"fmt"
	"math"

	"github.com/hotso/hotso/cabi/abi"
)

// A text is a JSON string as an argument: it also stands for what JSON has no
// type for.
type text string

// Argument implements host.Argument.
func (s text) Argument(t abi.Type) (any, error) {
	switch {
	case t == abi.Bytes:
		b, err := base64.StdEncoding.DecodeString(string(s))
		if err != nil {
			return nil, fmt.Errorf("[]byte is a base64 string: %w", err)
		}
		return b, nil
	case t.Float():
		if f, ok := notFinite[string(s)]; ok {
			return f, nil
		}
	}
	return string(s), nil
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
