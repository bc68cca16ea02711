package gen

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

const contractPath = hotsoModule + "/contract"

// source writes hotso_gen.go of the contract's package.
func (c *contractPackage) source() ([]byte, error) {
	var b strings.Builder
	c.writeServer(&b)
	c.writeContract(&b)
	c.writeObjects(&b)
	c.writeClients(&b)
	c.writeHostTypes(&b)
	c.writeServe(&b)
	c.writeErrors(&b)
	slices.SortFunc(c.wire, func(a, b *wireType) int { return strings.Compare(a.fn, b.fn) })
	for _, w := range c.wire {
		c.writeEncode(&b, w)
		c.writeDecode(&b, w)
	}
	std, others, err := c.importLines(b.String()) // without the schema, which names types too
	if err != nil {
		return nil, err
	}
	text, err := c.schema().Text()
	if err != nil {
		return nil, err
	}
	if strings.Contains(string(text), "`") {
		fmt.Fprintf(&b, "\nconst contractSchema = %q\n", text)
	} else {
		fmt.Fprintf(&b, "\nconst contractSchema = `%s`\n", text)
	}

	var head strings.Builder
	fmt.Fprintf(&head, "// %s\n\npackage %s\n\nimport (\n", generated, c.types.Name())
	for _, line := range std {
		head.WriteString("\t" + line + "\n")
	}
	head.WriteString("\n")
	for _, line := range others {
		head.WriteString("\t" + line + "\n")
	}
	head.WriteString(")\n")
	return format.Source([]byte(head.String() + b.String()))
}

// importLines are the imports that body uses: those of the standard library, and others.
func (c *contractPackage) importLines(body string) (std, others []string, err error) {
	imports := maps.Clone(c.imports)
	imports["context"], imports[contractPath], imports["iter"] = "context", "contract", "iter"
	used, err := packagesIn(body)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range slices.Sorted(maps.Keys(imports)) {
		name := imports[p]
		if !used[name] {
			continue
		}
		line := strconv.Quote(p)
		if path.Base(p) != name {
			line = name + " " + line
		}
		if first, _, _ := strings.Cut(p, "/"); strings.Contains(first, ".") {
			others = append(others, line)
		} else {
			std = append(std, line)
		}
	}
	return std, others, nil
}

// packagesIn are the names of packages that declarations mention. They may be in texts, too,
// and be names of parameters.
func packagesIn(body string) (map[string]bool, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+body, 0)
	if err != nil {
		return nil, err
	}
	unresolved := map[*ast.Ident]bool{}
	for _, name := range file.Unresolved {
		unresolved[name] = true
	}
	used := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if name, ok := s.X.(*ast.Ident); ok && unresolved[name] {
				used[name.Name] = true
			}
		}
		return true
	})
	return used, nil
}

// writeContract writes Export and Bind, and what both sides know of each method.
func (c *contractPackage) writeContract(b *strings.Builder) {
	fmt.Fprintf(b, `
// Export has this library serve as a %[1]s. Call it in an init function. The implementation is made
// when the version starts; if that fails, the version does not serve.
func Export(implementation func() (%[3]s, error)) { contractInfo.Export(implementation) }

// Bind returns the %[1]s of a library or slot. A library whose contract is not compatible is
// refused, here or when it is to replace another.
func Bind(c contract.Caller) (%[1]s, error) {
	bound, err := contractInfo.Bind(c)
	if err != nil {
		return nil, err
	}
	return contractClient{bound}, nil
}

var contractInfo = contract.New(contract.Info{
	Name: %[2]q, Schema: contractSchema,
	Methods: []contract.Method{
`, c.name, c.name, c.implementation())
	for _, m := range c.all() {
		more := ""
		if m.object != nil {
			more += fmt.Sprintf(", Object: %q", m.object.name)
		}
		if m.since > 0 {
			more += ", Optional: true"
		}
		if m.stream != nil {
			more += ", Stream: true"
		}
		if m.makes != nil {
			more += fmt.Sprintf(", Makes: %q", m.makes.name)
		}
		if m.closes {
			more += ", Close: true"
		}
		fmt.Fprintf(b, "{Name: %q%s},\n", m.name, more)
	}
	b.WriteString("},\n")
	c.writeKinds(b)
	fmt.Fprintf(b, "}, contractErrors, []contract.Serve[%s]{\n", c.implementation())
	for _, m := range c.all() {
		b.WriteString(m.serves(c) + ",\n")
	}
	b.WriteString("})")
	if len(c.objects) > 0 {
		b.WriteString(".WithObjects(contractObjects)")
	}
	b.WriteString("\n")
}

// writeClients writes the host's side.
func (c *contractPackage) writeClients(b *strings.Builder) {
	b.WriteString("\ntype contractClient struct{ bound *contract.Bound }\n")
	for i, m := range c.all() {
		if m.control {
			continue
		}
		client, begin := "contractClient", "c.bound.Begin"
		if m.object != nil {
			client, begin = m.object.client, "c.o.Begin"
		}
		var names, typs []string
		ctx := "context.Background()"
		if m.ctx {
			names, typs, ctx = append(names, "ctx"), append(typs, "context.Context"), "ctx"
		}
		for _, p := range m.params {
			spelled := ""
			switch {
			case p.host != nil:
				spelled = p.host.spelled
			case p.variadic:
				spelled = "..." + p.typ.elem.spelled
			default:
				spelled = m.spelled(&p)
			}
			names, typs = append(names, p.name), append(typs, spelled)
		}
		fmt.Fprintf(b, "\n%s\n\tcall := %s(%s)\n",
			list("func (c "+client+") "+m.name+"(", grouped(names, typs), ") "+m.resultTypes()+" {"), begin, ctx)
		if m.stream == nil {
			b.WriteString("\tdefer call.Free()\n")
		}
		for _, p := range m.params {
			if p.host != nil {
				fmt.Fprintf(b, "\t%s\n", p.host.lend(p.name))
				continue
			}
			fmt.Fprintf(b, "\t%s\n", m.write(&p))
		}
		if m.reader != "" {
			fmt.Fprintf(b, "\treturn contract.Open(call, %d)\n}\n", i)
			continue
		}
		if m.stream != nil {
			fmt.Fprintf(b, "\treturn contract.Range(call, %d, func(d *contract.Decoder, r *%s) { %s })\n}\n", i, m.stream.spelled,
				m.stream.decodeAt("d", "r"))
			continue
		}
		m.receive(b, "call.Do("+strconv.Itoa(i)+")")
		b.WriteString("}\n")
	}
}

// receive makes the call and returns its results.
func (m *contractMethod) receive(b *strings.Builder, do string) {
	results := strings.Join(m.resultNames(), ", ")
	switch {
	case m.fills:
		fmt.Fprintf(b, "\tif err := %s; err != nil {\n\t\treturn 0, err\n\t}\n\treturn call.Fill(%s)\n", do, m.params[0].name)
		return
	case m.err && results == "":
		fmt.Fprintf(b, "\tif err := %s; err != nil {\n\t\treturn err\n\t}\n\treturn call.Done()\n", do)
		return
	case m.err:
		fmt.Fprintf(b, "\tif err := %s; err != nil {\n\t\treturn %s, err\n\t}\n", do, results)
	default:
		fmt.Fprintf(b, "\tcontract.Must(%s)\n", do)
	}
	for j, r := range m.results {
		fmt.Fprintf(b, "\t%s\n", r.decode("&call.Decoder", m.resultNames()[j]))
	}
	switch {
	case m.err:
		fmt.Fprintf(b, "\treturn %s, call.Done()\n", results)
	case results == "":
		b.WriteString("\tcontract.Must(call.Done())\n")
	default:
		fmt.Fprintf(b, "\tcontract.Must(call.Done())\n\treturn %s\n", results)
	}
}

// resultNames are r, or r1, r2, ...
func (m *contractMethod) resultNames() (names []string) {
	if len(m.results) == 1 {
		return []string{"r"}
	}
	for i := range m.results {
		names = append(names, "r"+strconv.Itoa(i+1))
	}
	return names
}

// resultTypes are the results of a method, with names if it has some of its own.
func (m *contractMethod) resultTypes() string {
	switch {
	case m.reader != "":
		return "(" + m.reader + ", error)"
	case m.fills:
		return "(int, error)"
	}
	if m.stream != nil {
		return "iter.Seq2[" + m.stream.spelled + ", error]"
	}
	var rs []string
	for i, name := range m.resultNames() {
		rs = append(rs, name+" "+m.results[i].spelled)
	}
	switch {
	case m.err && len(rs) == 0:
		return "error"
	case len(rs) == 0:
		return ""
	case m.err:
		rs = append(rs, "err error")
	}
	return "(" + strings.Join(rs, ", ") + ")"
}

// writeServe writes the library's side.
func (c *contractPackage) writeServe(b *strings.Builder) {
	for _, m := range c.all() {
		if m.control {
			continue
		}
		ctxName := "_"
		if m.ctx {
			ctxName = "ctx"
		}
		encoder, result, fail := ", e *contract.Encoder", "error", "return err"
		if m.stream != nil {
			encoder, result, fail = "", "(contract.Pieces, error)", "return nil, err"
		} else if len(m.results) == 0 {
			encoder = ", _ *contract.Encoder"
		}
		impl := "impl"
		if m.object != nil {
			impl = "_"
		}
		fmt.Fprintf(b, "\nfunc %s(%s context.Context, %s %s, d *contract.Decoder%s) %s {\n", m.serve, ctxName, impl, c.implementation(), encoder, result)
		if m.object != nil {
			find := "ObjectOf"
			if m.closes {
				find = "TakeObject"
			}
			fmt.Fprintf(b, "\timpl, err := contract.%s[%s](contractObjects, d)\n\tif err != nil {\n\t\t%s\n\t}\n", find, m.object.name, fail)
		}
		if m.borrow {
			b.WriteString("\td.Borrow()\n")
		}
		m.answer(b, "impl."+m.name, fail)
		b.WriteString("}\n")
	}
}

// answer reads the arguments, makes the call, and writes its results.
func (m *contractMethod) answer(b *strings.Builder, callee, fail string) {
	var args []string
	if m.ctx {
		args = append(args, "ctx")
	}
	for _, p := range m.params {
		arg := p.name
		if p.variadic {
			arg += "..."
		}
		args = append(args, arg)
		if p.host != nil {
			fmt.Fprintf(b, "\t%s\n", p.host.borrow(p.name))
		} else {
			fmt.Fprintf(b, "\t%s\n", p.typ.declare("d", p.name))
		}
	}
	fmt.Fprintf(b, "\tif err := d.Done(); err != nil {\n\t\t%s\n\t}\n", fail)
	call := callee + "(" + strings.Join(args, ", ") + ")"
	names := m.resultNames()
	switch {
	case m.fills:
		if m.ctx {
			callee = "func(p []byte) (int, error) { return " + callee + "(ctx, p) }"
		}
		fmt.Fprintf(b, "\treturn contractErrors.Fill(e, %s, %s)\n", m.params[0].name, callee)
		return
	case m.reader != "":
		fmt.Fprintf(b, "\treturn contract.Bytes(%s)\n", call)
		return
	case m.stream != nil:
		fmt.Fprintf(b, "\treturn contract.Values(%s, func(e *contract.Encoder, r *%s) { %s })\n", call, m.stream.spelled,
			m.stream.encode("e", "(*r)"))
		return
	case m.err && len(names) == 0:
		fmt.Fprintf(b, "\treturn %s\n", call)
		return
	case m.err:
		fmt.Fprintf(b, "\t%s, err := %s\n\tif err != nil {\n\t\treturn err\n\t}\n", strings.Join(names, ", "), call)
	case len(names) == 0:
		fmt.Fprintf(b, "\t%s\n", call)
	default:
		fmt.Fprintf(b, "\t%s := %s\n", strings.Join(names, ", "), call)
	}
	for i, r := range m.results {
		fmt.Fprintf(b, "\t%s\n", r.encode("e", names[i]))
	}
	b.WriteString("\treturn nil\n")
}

// writeErrors writes what keeps the identity of errors.
func (c *contractPackage) writeErrors(b *strings.Builder) {
	b.WriteString("\nvar contractErrors = contract.NewErrors(map[string]error{")
	for i, name := range c.errors {
		if i == 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(b, "%q: %s,\n", name, name)
	}
	b.WriteString("})\n")
	if len(c.errTypes) > 0 {
		b.WriteString("\nfunc init() {\n")
		for _, w := range c.errTypes {
			fmt.Fprintf(b, "\tcontractErrors.Type(%q, encode%[2]s, decode%[2]s)\n", w.schema, c.errFn[w])
		}
		b.WriteString("}\n")
	}
	for _, w := range c.errTypes {
		pointer, condition, value, result := "", "!ok", "x", "x"
		if c.errPtr[w] {
			pointer, condition, value, result = "*", "!ok || x == nil", "(*x)", "&x"
		}
		fmt.Fprintf(b, `
func encode%[1]s(e *contract.Encoder, err error) bool {
	x, ok := err.(%[2]s%[3]s)
	if %[4]s {
		return false
	}
	%[5]s
	return true
}

func decode%[1]s(d *contract.Decoder) error {
	%[6]s
	return %[7]s
}
`, c.errFn[w], pointer, w.spelled, condition, w.encode("e", value), w.declare("d", "x"), result)
	}
}
