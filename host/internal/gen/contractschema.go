package gen

import (
	"strconv"

	"github.com/hotso/hotso/host/internal/schema"
)

// schemaMethods are how the schema describes methods.
func schemaMethods(methods []*contractMethod) (list []schema.Method) {
	for _, m := range methods {
		out := schema.Method{Name: m.name, Since: m.since, Context: m.ctx, Error: m.err}
		for _, p := range m.params {
			out.Params = append(out.Params, schema.Param{Name: p.own, Type: p.schema()})
		}
		for _, r := range m.results {
			out.Results = append(out.Results, r.schema)
		}
		if m.stream != nil {
			out.Stream = m.stream.schema
		}
		list = append(list, out)
	}
	return list
}

func (p *wireParam) schema() string {
	if p.host != nil {
		return p.host.schema
	}
	return p.typ.schema
}

// schemaType is how the schema describes w, nil for types without a name.
func (w *wireType) schemaType() *schema.Type {
	t := &schema.Type{}
	switch w.kind {
	case wireStruct:
		t.Kind = schema.Struct
		for _, f := range w.fields {
			t.Fields = append(t.Fields, schema.Field{Name: f.name, Type: f.typ.schema, Wire: f.wire, JSON: f.json, Embedded: f.embedded})
		}
	case wireUnion:
		t.Kind = schema.Union
		for _, m := range w.members {
			t.Of = append(t.Of, m.schema)
		}
	case wireText:
		t.Kind = schema.Text
	case wireBinary:
		t.Kind = schema.Binary
	case wireTime, wireError:
		return nil
	case wireBasic:
		if !w.named {
			return nil
		}
		t.Kind, t.Is, t.Values = schema.Named, schemaBasic(w.basic), w.values
		if len(t.Values) == 0 {
			t.Values = nil
		}
	default:
		if !w.named {
			return nil
		}
		t.Kind = schema.Named
		switch w.kind {
		case wireSlice:
			t.Is = "[]" + w.elem.schema
		case wireArray:
			t.Is = "[" + strconv.FormatInt(w.count, 10) + "]" + w.elem.schema
		case wireMap:
			t.Is = "map[" + w.key.schema + "]" + w.elem.schema
		case wirePointer:
			t.Is = "*" + w.elem.schema
		}
	}
	return t
}

// schemaBasic is a basic type as schemas spell it.
func schemaBasic(basic string) string {
	if basic == "[]byte" {
		return schema.Bytes
	}
	return basic
}
