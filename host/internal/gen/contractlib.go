package gen

import (
	"context"
	"fmt"
	"go/types"
	"slices"
	"strings"

	"github.com/hotso/hotso/cabi/abi"
)

// readContracts reads the packages of //hotso:contract.
func (l *library) readContracts(ctx context.Context, tags []string) error {
	for _, d := range l.contracts {
		packages, err := goList(ctx, l.dir, tags, d.args[0])
		if err != nil {
			return err
		}
		if p := packages[0]; !isContract(p) {
			l.fail(d.pos, ErrDirective, "%s has no interface with a line //hotso:contract above it", p.ImportPath)
			continue
		}
		c, err := loadContract(ctx, packages[0], tags)
		if err != nil {
			return err
		}
		l.served = append(l.served, c)
	}
	return nil
}

// serveContracts adds an export for each method of the contracts.
func (l *library) serveContracts(taken map[string]*function, main *types.Package) {
	for i, c := range l.served {
		at := l.contracts[i].pos
		for _, m := range c.all() {
			f := &function{
				pos: at, name: c.function(m), method: m, err: true, call: m.served(c),
				params: []param{{name: "args", c: "args", typ: &goType{Type: abi.Bytes, spelled: "[]byte", elem: "byte"}}},
				result: &goType{Type: abi.Bytes, spelled: "[]byte", elem: "byte"},
				doc:    c.function(m) + " serves the method " + m.qualified() + " of the contract " + c.ImportPath + ", see docs/wire.md.",
			}
			if m.stream != nil {
				f.result = &goType{Type: abi.Stream, spelled: "iter.Seq2[[]byte, error]"}
			}
			for _, name := range []string{f.name, f.call} {
				if obj := main.Scope().Lookup(name); obj != nil {
					l.fail(obj.Pos(), ErrName, "hotso gen writes a %s for the contract %s: give this another name", name, c.ImportPath)
				}
			}
			if taken[f.name] != nil {
				l.fail(at, ErrName, "%s is exported at %s too", f.name, l.fset.Position(taken[f.name].pos))
			}
			taken[f.name] = f
			l.functions = append(l.functions, f)
		}
	}
}

// plain are the functions that serve no contract.
func (l *library) plain() (fs []*function) {
	for _, f := range l.functions {
		if f.method == nil {
			fs = append(fs, f)
		}
	}
	return fs
}

// writeServed writes what begins and ends the implementations, and the methods.
func (l *library) writeServed(b *strings.Builder) {
	if len(l.served) == 0 {
		return
	}
	b.WriteString("\nvar (\n")
	for _, c := range l.served {
		for _, m := range c.all() {
			fmt.Fprintf(b, "\t%s = contract.Serves(%q, %q)\n", m.served(c), c.name, m.qualified())
		}
	}
	b.WriteString(")\n\nfunc init() {\n")
	if slices.ContainsFunc(l.served, (*contractPackage).lends) {
		b.WriteString("\tcontract.CallHost(cabi.Callback1[[]byte, []byte])\n")
	}
	for _, c := range l.served {
		fmt.Fprintf(b, "\tcabi.OnStart(func(context.Context) error { return contract.Start(%q) })\n", c.name)
		fmt.Fprintf(b, "\tcabi.OnStop(func(context.Context) error { return contract.Stop(%q) })\n", c.name)
	}
	b.WriteString("}\n")
}

// served is the variable of package main that finds the method's implementation.
func (m *contractMethod) served(c *contractPackage) string {
	if m.object != nil {
		return lowerFirst(m.object.name) + upperFirst(m.name)
	}
	return lowerFirst(c.name) + m.name
}

// serve is the code of an export that serves a method.
func (f *function) serve() string {
	const args = "cabi.Bytes(unsafe.Pointer(args), uintptr(args_len))"
	if f.method.stream != nil {
		return "handle, err := cabi.SeqContext(func(ctx context.Context) (iter.Seq2[[]byte, error], error) {\n" +
			"\treturn " + f.call + ".Open(ctx, " + args + ")\n})\n" +
			"return C.hotso_status(cabi.Store((*uint64)(result), handle, err))"
	}
	ctx, prepare := "context.Background()", ""
	if f.method.ctx || f.method.control && f.method.name == "save" { // which may wait
		ctx, prepare = "ctx", "ctx, done := cabi.Context()\ndefer done()\n"
	}
	return prepare + "reply, err := " + f.call + ".Call(" + ctx + ", " + args + ")\n" +
		"defer reply.Free()\n" +
		"buffer := cabi.Out(unsafe.Pointer(out), uintptr(out_cap), unsafe.Pointer(out_len))\n" +
		"return C.hotso_status(buffer.Data(reply.Reply(), err))"
}
