package transcode

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hotso/hotso/host/internal/schema"
)

// object of JSON.
type dict = map[string]any

// definitions are JSON Schemas (2020-12) of types, of which those with a name refer to each other. They
// hold for arguments and results alike: results have numbers where arguments may have names of
// constants.
type definitions struct {
	schema *schema.Schema

	names map[string]string // of the definitions, by type
	all   dict              // by these names, also of other contracts
}

// ref returns the schema of k's values.
func (d *definitions) ref(k *codec) dict {
	if d.schema.Types[k.name] == nil {
		return d.define(k)
	}
	name, ok := d.names[k.name]
	if !ok {
		name = d.name(k.name)
		d.names[k.name], d.all[name] = name, nil // it may mention itself
		d.all[name] = d.define(k)
	}
	return dict{"$ref": "#/components/schemas/" + name}
}

// name is that of a new definition. OpenAPI allows few characters.
func (d *definitions) name(typ string) string {
	base := d.schema.Contract + "." + strings.Trim(strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '.' || r == '-' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z') {
			return r
		}
		return '_'
	}, typ), "_")
	name := base
	for n := 2; ; n++ {
		if _, taken := d.all[name]; !taken {
			return name
		}
		name = fmt.Sprint(base, "-", n)
	}
}

// define writes the schema of k's values.
func (d *definitions) define(k *codec) dict {
	switch k.kind {
	case boolKind:
		return dict{"type": "boolean"}
	case intKind, uintKind:
		return named(k, integer(k))
	case floatKind:
		return named(k, float(k.bits))
	case complexKind:
		return dict{"type": "array", "items": float(k.bits), "minItems": 2, "maxItems": 2, "description": "real part, imaginary part"}
	case stringKind:
		return dict{"type": "string"}
	case bytesKind:
		return dict{"type": []string{"string", "null"}, "contentEncoding": "base64"}
	case rawKind:
		return dict{"description": "any JSON"}
	case timeKind:
		return dict{"type": "string", "format": "date-time"}
	case errorKind:
		return dict{"type": []string{"string", "null"}, "description": "the text of an error"}
	case textKind:
		return dict{"type": "string", "description": "as " + schema.GoType(k.name) + " writes itself"}
	case binaryKind:
		return dict{"type": "string", "contentEncoding": "base64", "description": "as " + schema.GoType(k.name) + " writes itself"}
	case sliceKind:
		return dict{"type": []string{"array", "null"}, "items": d.ref(k.elem)}
	case arrayKind:
		return dict{"type": "array", "items": d.ref(k.elem), "minItems": k.count, "maxItems": k.count}
	case mapKind:
		return d.mapped(k)
	case pointerKind:
		if k.elem.nilable() {
			return d.ref(k.elem)
		}
		return dict{"anyOf": []dict{d.ref(k.elem), {"type": "null"}}}
	case structKind:
		return d.object(k.object)
	}
	return d.union(k)
}

// integer writes the range of an integer, whose limits JSON has exactly.
func integer(k *codec) dict {
	format := fmt.Sprint("int", k.bits)
	least, most := fmt.Sprint(int64(-1)<<(k.bits-1)), fmt.Sprint(uint64(1)<<(k.bits-1)-1)
	if k.kind == uintKind {
		format = "u" + format
		least, most = "0", fmt.Sprint(^uint64(0)>>(64-k.bits))
	}
	return dict{"type": "integer", "format": format, "minimum": json.Number(least), "maximum": json.Number(most)}
}

func float(bits int) dict {
	return dict{"anyOf": []dict{
		{"type": "number", "format": map[int]string{32: "float", 64: "double"}[bits]},
		{"enum": []string{"NaN", "+Inf", "-Inf"}},
	}}
}

// named adds the names of constants to the schema of a number.
func named(k *codec, number dict) dict {
	if len(k.values) == 0 {
		return number
	}
	var meanings []string
	for _, name := range k.constants() {
		meanings = append(meanings, name+" = "+k.values[name])
	}
	return dict{
		"anyOf":       []dict{number, {"enum": k.constants()}},
		"description": strings.Join(meanings, ", ") + "; results have the number",
	}
}

func (d *definitions) mapped(k *codec) dict {
	if !k.key.isName() {
		return dict{"type": []string{"array", "null"}, "items": closed(dict{"key": d.ref(k.key), "value": d.ref(k.elem)}, "key", "value")}
	}
	m := dict{"type": []string{"object", "null"}, "additionalProperties": d.ref(k.elem)}
	if k.key.kind == intKind || k.key.kind == uintKind {
		number := dict{"pattern": "^-?[0-9]+$"}
		m["propertyNames"] = number
		if len(k.key.values) > 0 {
			m["propertyNames"] = dict{"anyOf": []dict{number, {"enum": k.key.constants()}}}
		}
	}
	return m
}

// closed is the schema of an object with no other members than these.
func closed(members dict, required ...string) dict {
	o := dict{"type": "object", "properties": members, "additionalProperties": false}
	if len(required) > 0 {
		o["required"] = required
	}
	return o
}

func (d *definitions) object(o *object) dict {
	members := dict{}
	for _, m := range o.members {
		s := d.ref(m.codec)
		if m.quoted {
			s = dict{"type": "string", "description": m.codec.wants() + " in a string"}
			if m.codec.nilable() {
				s["type"] = []string{"string", "null"}
			}
		}
		members[m.name] = s
	}
	return closed(members)
}

func (d *definitions) union(k *codec) dict {
	var types []dict
	for _, m := range k.of {
		types = append(types, closed(dict{"type": dict{"const": m.name}, "value": d.ref(m.codec)}, "type", "value"))
	}
	return dict{"oneOf": append(types, dict{"type": "null"})}
}

// arguments is the schema of the arguments of a method.
func (d *definitions) arguments(m *Method) dict {
	var list []dict
	members, required, byName := dict{}, []string{}, true
	for _, p := range m.Params {
		list = append(list, d.ref(p.codec))
		byName = byName && p.HasName()
		members[p.Name] = d.ref(p.codec)
		if !p.codec.nilable() {
			required = append(required, p.Name)
		}
	}
	array := dict{"type": "array", "minItems": len(list), "maxItems": len(list)}
	if len(list) > 0 {
		array["prefixItems"] = list
	}
	if !byName {
		return array
	}
	return dict{"anyOf": []dict{closed(members, required...), array}}
}

// results is the schema of the results of a method.
func (d *definitions) results(m *Method) dict {
	switch len(m.results) {
	case 0:
		return dict{"type": "null"}
	case 1:
		return d.ref(m.results[0])
	}
	var list []dict
	for _, k := range m.results {
		list = append(list, d.ref(k))
	}
	return dict{"type": "array", "prefixItems": list, "minItems": len(list), "maxItems": len(list)}
}

// errorsOf lists the errors of a contract.
func errorsOf(s *schema.Schema) []string {
	names := slices.Clone(s.Errors)
	for _, name := range s.ErrorTypes {
		names = append(names, strings.TrimPrefix(name, "*"))
	}
	return names
}
