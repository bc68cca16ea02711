package gen

import (
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/host/internal/schema"
)

// A hostParam is a parameter that the implementation calls: a function, an interface or a sequence
// of the caller's.
type hostParam struct {
	schema  string // name of the type
	spelled string
	methods []*contractMethod // one without a name for a function
	iface   string            // the type that implements it in a library; "" for a function
	seq     *wireType         // the element of a sequence
	reader  bool
	written bool
}

// hostParam takes the type of a parameter apart, nil if it is a value. where is the method.
func (c *contractPackage) hostParam(t types.Type, at token.Pos, where string) *hostParam {
	t = types.Unalias(t)
	p := &hostParam{schema: c.schemaName(t), spelled: types.TypeString(t, c.qualifier)}
	if known := c.lent[p.schema]; known != nil {
		return known
	}
	named, _ := t.(*types.Named)
	if elem, ok := sequence(t); ok {
		if p.seq = c.wireType(elem, at, where); p.seq == nil {
			return nil
		}
		c.lent[p.schema] = p
		return p
	}
	if isNamed(t, "io", "Reader") {
		p.reader = true
		c.lent[p.schema] = p
		return p
	}
	switch u := t.Underlying().(type) {
	case *types.Signature:
		if sequenceElement(t) != "" || named != nil && named.Obj().Pkg() != c.types {
			return nil
		}
		if u.Variadic() {
			c.fail(at, ErrUnsupportedType, "%s: a function of the caller's takes no parameters of any number: pass it a slice", where)
		}
		m := c.hostMethod(types.NewFunc(at, c.types, where, u))
		m.name = ""
		p.methods = []*contractMethod{m}
	case *types.Interface:
		// None of other packages: what they do to their arguments is not known.
		if named == nil || named.Obj().Pkg() != c.types && !isStream(named) || named.Obj().Name() == c.name || !u.IsMethodSet() || u.NumMethods() == 0 ||
			c.hasDirective(named.Obj(), "types") || c.objectNamed(named.Obj().Name()) != nil {
			return nil
		}
		c.lent[p.schema] = p // it may mention itself
		p.iface = c.free("host" + named.Obj().Name())
		ids := map[uint32]string{}
		for i := range u.NumMethods() {
			m := c.hostMethod(u.Method(i))
			m.name = u.Method(i).Name()
			if id := contract.ID(m.name); ids[id] != "" {
				c.fail(at, ErrName, "%s.%s and %[1]s.%[3]s have the same hash", p.schema, m.name, ids[id])
			} else {
				ids[id] = m.name
			}
			p.methods = append(p.methods, m)
		}
		sortMethods(p.methods)
	default:
		return nil
	}
	c.lent[p.schema] = p
	return p
}

// hostMethod takes apart what the implementation calls.
func (c *contractPackage) hostMethod(f *types.Func) *contractMethod {
	m := c.method(f, nil)
	m.control = true
	if m.stream != nil || m.makes != nil || m.lends() {
		c.fail(f.Pos(), ErrUnsupportedType, "%s: a function of the caller's takes and returns values only", f.Name())
	}
	return m
}

// lends reports whether a parameter is called by the implementation.
func (m *contractMethod) lends() bool {
	return slices.ContainsFunc(m.params, func(p wireParam) bool { return p.host != nil })
}

// lends reports whether any method does.
func (c *contractPackage) lends() bool { return len(c.lent) > 0 }

// lend is the statement with which a client writes the parameter x.
func (p *hostParam) lend(x string) string {
	if p.reader {
		return "call.Reader(" + x + ")"
	}
	if p.seq != nil {
		return fmt.Sprintf("contract.Seq(call, %s, func(e *contract.Encoder, v *%s) { %s })", x, p.seq.spelled, p.seq.encode("e", "(*v)"))
	}
	var b strings.Builder
	ctx := "_"
	if slices.ContainsFunc(p.methods, func(m *contractMethod) bool { return m.ctx }) {
		ctx = "ctx"
	}
	fmt.Fprintf(&b, "call.Func(%s == nil, func(%s context.Context, d *contract.Decoder, e *contract.Encoder) error {\n", x, ctx)
	if p.iface == "" {
		p.methods[0].answer(&b, x, "return err")
	} else {
		b.WriteString("switch d.Uint32() {\n")
		for _, m := range p.methods {
			fmt.Fprintf(&b, "case 0x%08x:\n", contract.ID(m.name))
			m.answer(&b, x+"."+m.name, "return err")
		}
		b.WriteString("}\nreturn contract.Unknown(d)\n")
	}
	b.WriteString("})")
	return b.String()
}

// borrow are the statements with which a library reads the parameter x.
func (p *hostParam) borrow(x string) string {
	const read = "contractErrors.Func(d)"
	switch {
	case p.reader:
		return x + " := contract.ReaderOf(" + read + ")"
	case p.seq != nil:
		return fmt.Sprintf("%s := contract.SeqOf(%s, func(d *contract.Decoder, v *%s) { %s })", x, read, p.seq.spelled, p.seq.decodeAt("d", "v"))
	case p.iface != "":
		return fmt.Sprintf("var %s %s\nif f := %s; f != nil {\n%[1]s = %[4]s{f}\n}", x, p.spelled, read, p.iface)
	}
	var b strings.Builder
	m := p.methods[0]
	fmt.Fprintf(&b, "var %s %s\nif f := %s; f != nil {\n%[1]s = %[4]s {\n", x, p.spelled, read, m.signature("func"))
	m.ask(&b, "f", p)
	b.WriteString("}\n}")
	return b.String()
}

// signature is that of what a library calls.
func (m *contractMethod) signature(name string) string {
	var names, typs []string
	if m.ctx {
		names, typs = append(names, "_"), append(typs, "context.Context")
	}
	for _, p := range m.params {
		names, typs = append(names, p.name), append(typs, m.spelled(&p))
	}
	return list(name+"(", grouped(names, typs), ") "+m.resultTypes())
}

// ask is the body of what a library calls.
func (m *contractMethod) ask(b *strings.Builder, f string, p *hostParam) {
	fmt.Fprintf(b, "\tcall := %s.Begin()\n\tdefer call.Free()\n", f)
	if p.iface != "" {
		fmt.Fprintf(b, "\tcall.Encoder.Uint32(0x%08x)\n", contract.ID(m.name))
	}
	for _, a := range m.params {
		fmt.Fprintf(b, "\t%s\n", m.write(&a))
	}
	m.receive(b, "call.Ask()")
}

// writeHostTypes writes the types that implement interfaces of the caller's in a library.
func (c *contractPackage) writeHostTypes(b *strings.Builder) {
	for _, m := range c.all() {
		for _, param := range m.params {
			p := param.host
			if p == nil || p.iface == "" || p.written {
				continue
			}
			p.written = true
			fmt.Fprintf(b, "\ntype %s struct{ f *contract.HostFunc }\n", p.iface)
			for _, m := range p.methods {
				fmt.Fprintf(b, "\n%s {\n", m.signature("func (h "+p.iface+") "+m.name))
				m.ask(b, "h.f", p)
				b.WriteString("}\n")
			}
		}
	}
}

// schemaType is how the schema describes p.
func (p *hostParam) schemaType() *schema.Type {
	switch {
	case p.reader:
		return &schema.Type{Kind: schema.Reader}
	case p.seq != nil:
		return &schema.Type{Kind: schema.Sequence, Is: p.seq.schema}
	}
	kind := schema.Callback
	if p.iface == "" {
		kind = schema.Func
	}
	return &schema.Type{Kind: kind, Methods: schemaMethods(p.methods)}
}
