package gen

import (
	"go/types"
	"slices"
)

// fill takes apart what fills a slice of its caller's: Read of an io.Reader, with a context or without.
// The slice would cross as a copy. See contract.Room.
func (c *contractPackage) fill(m *contractMethod, f *types.Func) bool {
	params, results := slices.Collect(f.Signature().Params().Variables()), slices.Collect(f.Signature().Results().Variables())
	ctx := len(params) > 0 && isNamed(params[0].Type(), "context", "Context")
	if ctx {
		params = params[1:]
	}
	bytes := types.NewSlice(types.Typ[types.Uint8])
	is := func(v *types.Var, t types.Type) bool { return types.Identical(v.Type(), t) }
	if len(params) == 0 || !is(params[0], bytes) || len(results) != 2 || !is(results[0], types.Typ[types.Int]) || !isError(results[1].Type()) {
		return false
	}
	if m.name == "ReadAt" {
		c.fail(f.Pos(), ErrUnsupportedType, "ReadAt fills a slice, which crosses as a copy: return the bytes")
	}
	if m.name != "Read" || len(params) != 1 {
		return false
	}
	m.ctx, m.fills, m.err = ctx, true, true
	value := func(t types.Type) *wireType { return c.wireType(t, f.Pos(), m.name) }
	m.params = []wireParam{{own: params[0].Name(), typ: value(types.Typ[types.Uint32])}}
	m.results = []*wireType{value(bytes), value(results[1].Type())}
	return true
}

// spelled is the type of a parameter.
func (m *contractMethod) spelled(p *wireParam) string {
	if m.fills {
		return "[]byte"
	}
	return p.typ.spelled
}

// write is the statement with which a caller writes a parameter.
func (m *contractMethod) write(p *wireParam) string {
	x := p.name
	if m.fills {
		x = "contract.Room(" + x + ")"
	}
	return p.typ.encode("&call.Encoder", x)
}

// isStream reports whether an interface is one of package io that reads and writes.
func isStream(named *types.Named) bool {
	return slices.ContainsFunc([]string{"Writer", "WriteCloser", "ReadCloser", "ReadWriter", "ReadWriteCloser"},
		func(name string) bool { return isNamed(named, "io", name) })
}
