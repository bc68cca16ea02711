package gen

import (
	"fmt"
	"strings"

	"github.com/hotso/hotso/contract"
)

// encode is the statement that writes x, which is addressable, to the encoder e.
func (w *wireType) encode(e, x string) string {
	dot := strings.TrimPrefix(e, "&") + "."
	switch w.kind {
	case wireBasic:
		if w.named && w.basic != "[]byte" {
			x = w.basic + "(" + x + ")"
		}
		return dot + w.method + "(" + x + ")"
	case wireTime:
		return dot + "Time(" + x + ")"
	case wireError:
		return "contractErrors.Encode(" + e + ", " + x + ")"
	case wireObject:
		put := "Put"
		if w.object.moves {
			put = "PutMoving"
		}
		return "contractObjects." + put + "(" + e + ", " + x + ")"
	case wireText:
		return dot + "Marshaled(" + x + ".MarshalText())"
	case wireBinary:
		return dot + "Marshaled(" + x + ".MarshalBinary())"
	case wireStruct:
		if inner, ok := strings.CutPrefix(x, "(*"); ok {
			return "encode" + w.fn + "(" + e + ", " + strings.TrimSuffix(inner, ")") + ")"
		}
		return "encode" + w.fn + "(" + e + ", &" + x + ")"
	}
	return "encode" + w.fn + "(" + e + ", " + x + ")"
}

// decode is the statement that reads x, which is addressable, from the decoder d.
func (w *wireType) decode(d, x string) string {
	dot := strings.TrimPrefix(d, "&") + "."
	switch w.kind {
	case wireBasic:
		if w.named {
			return x + " = " + w.spelled + "(" + dot + w.method + "())"
		}
		return x + " = " + dot + w.method + "()"
	case wireTime:
		return x + " = " + dot + "Time()"
	case wireError:
		return x + " = contractErrors.Decode(" + d + ")"
	case wireObject:
		return fmt.Sprintf("if o := call.Object(); o != nil {\n\t%s = %s{o}\n}", x, w.object.client)
	case wireText, wireBinary:
		method := map[wireKind]string{wireText: "UnmarshalText", wireBinary: "UnmarshalBinary"}[w.kind]
		if strings.HasPrefix(x, "*") {
			x = "(" + x + ")" // a pointer of a named type has no methods
		}
		return dot + "Unmarshaled(" + x + "." + method + "(" + dot + "Raw()))"
	case wireStruct:
		return "decode" + w.fn + "(" + d + ", &" + x + ")"
	}
	return x + " = decode" + w.fn + "(" + d + ")"
}

// declare is the statement that declares x and reads it.
func (w *wireType) declare(d, x string) string {
	decode := w.decode(d, x)
	if value, ok := strings.CutPrefix(decode, x+" = "); ok {
		return x + " := " + value
	}
	return "var " + x + " " + w.spelled + "\n\t" + decode
}

// writeEncode writes the function that writes a value.
func (c *contractPackage) writeEncode(b *strings.Builder, w *wireType) {
	typ := w.spelled
	if w.kind == wireStruct {
		typ = "*" + typ
		if len(w.fields) == 0 {
			fmt.Fprintf(b, "\nfunc encode%s(e *contract.Encoder, _ %s) { e.End(e.Begin()) }\n", w.fn, typ)
			return
		}
	}
	fmt.Fprintf(b, "\nfunc encode%s(e *contract.Encoder, v %s) {\n", w.fn, typ)
	switch w.kind {
	case wireSlice, wireMap, wirePointer:
		b.WriteString("\tif v == nil {\n\t\te.Nil()\n\t\treturn\n\t}\n")
	}
	leave, enter := "", ""
	if w.recursive && w.named {
		enter = fmt.Sprintf("\tif !e.Enter(%q) {\n\t\treturn\n\t}\n", w.schema)
		leave = "\te.Leave()\n"
	}
	b.WriteString(enter)
	at := "\tat := e.Begin()\n"
	if w.hasElements() {
		at = "\tat := e.List(len(v))\n"
	}
	if w.kind != wireUnion {
		b.WriteString(at)
	}
	switch w.kind {
	case wireSlice, wireArray:
		if enter != "" {
			b.WriteString("\te.Field(\"[]\")\n")
		}
		fmt.Fprintf(b, "\tfor i := range v {\n\t\t%s\n\t}\n", w.elem.encode("e", "v[i]"))
	case wireMap:
		if enter != "" {
			b.WriteString("\te.Field(\"[]\")\n")
		}
		fmt.Fprintf(b, "\tfor k, v := range v {\n\t\t%s\n\t\t%s\n\t}\n", w.key.encode("e", "k"), w.elem.encode("e", "v"))
	case wirePointer:
		fmt.Fprintf(b, "\t%s\n", w.elem.encode("e", "(*v)"))
	case wireStruct:
		for _, f := range w.fields {
			if enter != "" && f.typ.fn != "" {
				name := f.name
				if f.typ.hasElements() {
					name += "[]"
				}
				fmt.Fprintf(b, "\te.Field(%q)\n", name)
			}
			fmt.Fprintf(b, "\te.Uint32(0x%08x)\n\t%s\n", f.tag(), f.typ.encode("e", "v."+f.name))
		}
	case wireUnion:
		b.WriteString("\tswitch v := v.(type) {\n\tcase nil:\n\t\te.Nil()\n")
		for _, m := range w.members {
			fmt.Fprintf(b, "\tcase %s:\n\t\tat := e.Begin()\n\t\te.Uint32(0x%08x)\n\t\t%s\n\t\te.End(at)\n", m.spelled, contract.ID(m.schema), m.encode("e", "v"))
		}
		fmt.Fprintf(b, "\tdefault:\n\t\te.Unregistered(%q, v)\n\t}\n%s}\n", w.schema, leave)
		return
	}
	b.WriteString("\te.End(at)\n" + leave + "}\n")
}

func (w *wireType) hasElements() bool {
	return w.kind == wireSlice || w.kind == wireArray || w.kind == wireMap
}

// tag is what stands before the field.
func (f *wireField) tag() uint32 {
	name := f.name
	if f.wire != "" {
		name = f.wire
	}
	return contract.Tag(name, f.typ.width)
}

// writeDecode writes the function that reads a value.
func (c *contractPackage) writeDecode(b *strings.Builder, w *wireType) {
	if w.kind == wireStruct {
		c.writeDecodeStruct(b, w)
		return
	}
	fmt.Fprintf(b, "\nfunc decode%s(d *contract.Decoder) (v %s) {\n", w.fn, w.spelled)
	enter, leave := "", ""
	if w.recursive && w.named {
		enter, leave = "\tif !d.Enter() {\n\t\treturn v\n\t}\n", "\td.Leave()\n"
	}
	skip := "\tif !ok {\n\t\treturn v\n\t}\n" + enter
	switch w.kind {
	case wireSlice:
		fmt.Fprintf(b, "\tn, outer, ok := d.List(%d, %d)\n%s\tv = make(%s, n)\n\tfor i := range v {\n\t\t%s\n\t}\n",
			w.elem.least, w.elem.size, skip, w.spelled, w.elem.decode("d", "v[i]"))
	case wireArray:
		fmt.Fprintf(b, "\touter, ok := d.Array(len(v))\n%s\tfor i := range v {\n\t\t%s\n\t}\n", skip, w.elem.decode("d", "v[i]"))
	case wireMap:
		entry := 2 * (w.key.size + w.elem.size + 1) // maps are never full
		fmt.Fprintf(b, "\tn, outer, ok := d.List(%d, %d)\n%s\tv = make(%s, n)\n\tfor range n {\n\t\t%s\n\t\t%s\n\t\tv[k] = x\n\t}\n",
			w.key.least+w.elem.least, entry, skip, w.spelled, w.key.declare("d", "k"), w.elem.declare("d", "x"))
	case wirePointer:
		fmt.Fprintf(b, "\touter, ok := d.Optional(%d)\n%s\tv = new(%s)\n\t%s\n", w.elem.size, skip, w.elem.spelled, w.elem.decodeAt("d", "v"))
	case wireUnion:
		fmt.Fprintf(b, "\touter, ok := d.Optional(%d)\n%s\tswitch d.Uint32() {\n", w.largest(), skip)
		for _, m := range w.members {
			fmt.Fprintf(b, "\tcase 0x%08x:\n\t\t%s\n\t\tv = x\n", contract.ID(m.schema), m.declare("d", "x"))
		}
		b.WriteString("\tdefault:\n\t\td.Rest() // of a type that came later: nil\n\t}\n")
	}
	b.WriteString("\td.End(outer)\n" + leave + "\treturn v\n}\n")
}

// largest is what the largest member of a union takes in memory.
func (w *wireType) largest() (size int64) {
	for _, m := range w.members {
		size = max(size, m.size)
	}
	return size
}

// decodeAt reads a value to where p points.
func (w *wireType) decodeAt(d, p string) string {
	if w.kind == wireStruct {
		return "decode" + w.fn + "(" + d + ", " + p + ")"
	}
	return w.decode(d, "*"+p)
}

func (c *contractPackage) writeDecodeStruct(b *strings.Builder, w *wireType) {
	name := "v"
	if len(w.fields) == 0 {
		name = "_"
	}
	fmt.Fprintf(b, "\nfunc decode%s(d *contract.Decoder, %s *%s) {\n", w.fn, name, w.spelled)
	if w.recursive {
		b.WriteString("\tif !d.Enter() {\n\t\treturn\n\t}\n")
	}
	b.WriteString("\touter := d.Begin()\n\tfor d.More() {\n\t\tswitch tag := d.Uint32(); tag {\n")
	for i, f := range w.fields {
		fmt.Fprintf(b, "\t\tcase 0x%08x:\n\t\t\t%s\n", f.tag(), f.typ.decode("d", "v."+f.name))
		if i+1 < len(w.fields) { // who writes them in this order is not asked which it is
			fmt.Fprintf(b, "\t\t\tif !d.Is(0x%08x) {\n\t\t\t\tcontinue\n\t\t\t}\n\t\t\tfallthrough\n", w.fields[i+1].tag())
		}
	}
	b.WriteString("\t\tdefault:\n\t\t\td.Skip(tag)\n\t\t}\n\t}\n\td.End(outer)\n")
	if w.recursive {
		b.WriteString("\td.Leave()\n")
	}
	b.WriteString("}\n")
}
