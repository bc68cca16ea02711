package contracttest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// A randomType is a type of a random contract.
type randomType struct {
	expr   string // as Go code
	schema string // what of it two types of a union must not have in common
	depth  int    // how many types are nested in it
	weight int    // how many values it has at least
	key    bool   // it may be a key of a map
	iface  bool   // it is an interface
}

const (
	deepest   = 6
	maxWeight = 24 // so that values stay small
)

// randomTypes writes declarations of types, each made of those before.
type randomTypes struct {
	*rand.Rand
	text   strings.Builder // declarations
	makes  []string        // how values of interfaces are made
	all    [deepest + 1][]randomType
	count  int
	errors int
}

// newRandomTypes knows what needs no declaration.
func newRandomTypes(seed uint64) *randomTypes {
	r := &randomTypes{Rand: rand.New(rand.NewPCG(seed, 6))}
	for _, expr := range strings.Fields(`bool string int int8 int16 int32 int64 uint uint8 uint16 uint32 uint64 float32 float64
		complex64 complex128 byte rune time.Duration time.Month netip.Addr netip.Prefix netip.AddrPort parts.Name parts.Bits parts.Mark`) {
		r.add(randomType{expr: expr, weight: 1, key: true})
	}
	for _, expr := range strings.Fields(`[]byte time.Time json.RawMessage big.Int *big.Int url.URL *url.URL error struct{} net.IP
		parts.Part parts.Of[int] parts.Of[parts.Name] context.Info iter.Seq *parts.Part alias`) {
		r.add(randomType{expr: expr, weight: 1, iface: expr == "error"})
	}
	return r
}

func (r *randomTypes) add(t randomType) {
	if t.schema == "" {
		t.schema = map[string]string{"byte": "uint8", "rune": "int32"}[t.expr]
	}
	if t.schema == "" {
		t.schema = t.expr
	}
	r.all[t.depth] = append(r.all[t.depth], t)
}

// some is a type nested below a depth, or as deep.
func (r *randomTypes) some(depth int, exactly bool, fits func(randomType) bool) randomType {
	for {
		d := depth
		if !exactly {
			d = r.IntN(depth + 1)
		}
		for len(r.all[d]) == 0 {
			d--
		}
		t := r.all[d][r.IntN(len(r.all[d]))]
		if t.weight < maxWeight && (fits == nil || fits(t)) {
			return t
		}
		exactly = false
	}
}

func isKey(t randomType) bool { return t.key }

func (r *randomTypes) name(prefix string) string {
	r.count++
	return fmt.Sprint(prefix, r.count)
}

func (r *randomTypes) declare(format string, args ...any) {
	fmt.Fprintf(&r.text, format+"\n\n", args...)
}

// next makes one more type.
func (r *randomTypes) next() randomType {
	depth := r.IntN(deepest)
	inner := r.some(depth, true, nil)
	t := randomType{depth: min(inner.depth+1, deepest), weight: 1}
	switch r.IntN(16) {
	case 0:
		t.expr = "[]" + inner.expr
	case 1:
		n := 1 + r.IntN(3)
		if r.IntN(8) == 0 {
			n = 0
		}
		t.expr, t.weight, t.key = fmt.Sprintf("[%d]%s", n, inner.expr), max(n*inner.weight, 1), inner.key
	case 2:
		t.expr = "map[" + r.some(deepest, false, isKey).expr + "]" + inner.expr
	case 3:
		t.expr = "*" + inner.expr
	case 4:
		t = r.generic(t, inner)
	case 5:
		t = r.union(t, inner)
	case 6:
		t = r.recursive(t, inner)
	case 7:
		t = r.marshaler()
	case 8:
		t = r.named(t, inner)
	case 9:
		t = r.error(t, inner)
	default:
		t = r.structure(t, inner)
	}
	r.add(t)
	return t
}

// generic instantiates one of the generic types.
func (r *randomTypes) generic(t, inner randomType) randomType {
	other := r.some(inner.depth, false, nil)
	switch r.IntN(4) {
	case 0:
		t.expr, t.weight, t.key = fmt.Sprintf("pair[%s,%s]", inner.expr, other.expr), inner.weight+other.weight, inner.key && other.key
	case 1:
		t.expr = fmt.Sprintf("List[%s]", inner.expr)
	case 2:
		t.expr = fmt.Sprintf("Set[%s]", r.some(deepest, false, isKey).expr)
	default:
		t.expr = fmt.Sprintf("parts.Of[%s]", inner.expr)
	}
	return t
}

// union declares an interface, and the types that it may hold.
func (r *randomTypes) union(t, inner randomType) randomType {
	t.expr, t.iface = r.name("Union"), true
	members, schemas := []string{}, map[string]bool{}
	for _, m := range append([]randomType{inner}, r.some(inner.depth, false, nil), r.some(inner.depth, false, nil)) {
		if schemas[m.schema] || m.iface || strings.Contains(m.expr, " ") {
			continue
		}
		schemas[m.schema] = true
		members = append(members, m.expr)
	}
	if len(members) == 0 || r.IntN(4) == 0 {
		members = append(members, "[]"+t.expr) // of itself
	}
	r.declare("//hotso:types %s\ntype %s any", strings.Join(members, " "), t.expr)
	for i, m := range members {
		members[i] = "reflect.TypeFor[" + m + "]()"
	}
	r.makes = append(r.makes, fmt.Sprintf("reflect.TypeFor[%s](): values.OneOf(%s)", t.expr, strings.Join(members, ", ")))
	return t
}

// recursive declares a type that may hold itself.
func (r *randomTypes) recursive(t, inner randomType) randomType {
	t.expr = r.name("Rec")
	switch r.IntN(7) {
	case 0:
		r.declare("type %[1]s []%[1]s", t.expr)
	case 1:
		r.declare("type %[1]s map[string]%[1]s", t.expr)
	case 2:
		r.declare("type %[1]s *%[1]s", t.expr)
	case 3:
		r.declare("type %[1]s [2]map[int8]*%[1]s", t.expr)
		t.weight = 2
	case 4:
		other := r.name("Rec")
		r.declare("type %s struct {\n\tBack []%s\n\tIn %s\n}\n\ntype %[2]s struct {\n\t%[1]s\n\tOn *%[2]s\n}", t.expr, other, inner.expr)
		t.weight += inner.weight
		r.add(randomType{expr: other, depth: t.depth, weight: 2 + inner.weight})
	case 5:
		r.declare("type %[1]s struct {\n\t*%[1]s\n\tIn %[2]s\n\tpair pair[*%[1]s, []%[1]s]\n}", t.expr, inner.expr)
		t.weight += inner.weight
	default:
		t.iface = true
		r.declare("//hotso:types *%[2]s %[1]ss %[2]s\ntype %[1]s interface{ is%[1]s() }\n\ntype %[1]ss []%[1]s\n\nfunc (%[1]ss) is%[1]s() {}\n\n"+
			"type %[2]s struct {\n\tIn %[3]s\n\tOf %[1]s\n}\n\nfunc (%[2]s) is%[1]s() {}", t.expr, r.name("Rec"), inner.expr)
		r.makes = append(r.makes, fmt.Sprintf("reflect.TypeFor[%[1]s](): values.OneOf(reflect.TypeFor[*Rec%[2]d](), reflect.TypeFor[%[1]ss](), reflect.TypeFor[Rec%[2]d]())",
			t.expr, r.count))
	}
	return t
}

// marshaler declares a type that writes itself.
func (r *randomTypes) marshaler() randomType {
	t := randomType{expr: r.name("Marshaler"), weight: 1, key: true}
	receiver, what := "m "+t.expr, []string{"Text", "Binary"}[r.IntN(2)]
	if r.IntN(2) == 0 {
		receiver = "m *" + t.expr
	}
	switch r.IntN(3) {
	case 0:
		r.declare("type %[1]s struct{ s string }\n\nfunc (%[2]s) Marshal%[3]s() ([]byte, error) { return []byte(m.s), nil }\n\n"+
			"func (m *%[1]s) Unmarshal%[3]s(data []byte) error { m.s = string(data); return nil }", t.expr, receiver, what)
	case 1:
		r.declare("type %[1]s uint16\n\nfunc (%[2]s) Marshal%[3]s() ([]byte, error) { return []byte{byte(%[4]sm), byte(%[4]sm >> 8)}, nil }\n\n"+
			"func (m *%[1]s) Unmarshal%[3]s(data []byte) error { *m = %[1]s(data[0]) | %[1]s(data[1])<<8; return nil }",
			t.expr, receiver, what, map[bool]string{true: "*"}[strings.Contains(receiver, "*")])
	default:
		r.declare("type %[1]s [2]uint8\n\nfunc (%[2]s) Marshal%[3]s() ([]byte, error) { return []byte{m[0], m[1]}, nil }\n\n"+
			"func (m *%[1]s) Unmarshal%[3]s(data []byte) error { *m = %[1]s(data); return nil }", t.expr, receiver, what)
	}
	return t
}

// named declares a type of another, or another name of it.
func (r *randomTypes) named(t, inner randomType) randomType {
	if r.IntN(3) == 0 {
		t, t.schema = inner, inner.schema
		t.expr = r.name("Alias")
		r.declare("type %s = %s", t.expr, inner.expr)
		return t
	}
	t.expr = r.name([]string{"Named", "named"}[r.IntN(2)])
	switch r.IntN(5) {
	case 0:
		r.declare("type %s []%s", t.expr, inner.expr)
	case 1:
		t.key, t.weight = inner.key, 2*inner.weight
		r.declare("type %s [2]%s", t.expr, inner.expr)
	case 2:
		r.declare("type %s map[%s]%s", t.expr, r.some(deepest, false, isKey).expr, inner.expr)
	case 3:
		r.declare("type %s *%s", t.expr, inner.expr)
	default:
		t.depth, t.key = 0, true
		basic := []string{"int", "string", "uint8", "float32", "bool", "complex64", "rune"}[r.IntN(7)]
		r.declare("type %s %s\n\nfunc (%[1]s) Describe() string { return \"\" }", t.expr, basic)
		if basic == "int" || basic == "string" {
			value := map[string]string{"int": "-7", "string": "\"`\\\"\""}[basic]
			r.declare("// Its value.\nconst %sValue %[1]s = %s", t.expr, value)
		}
	}
	return t
}

// error declares a type that is an error, too.
func (r *randomTypes) error(t, inner randomType) randomType {
	t.expr = r.name("Error")
	t.weight += inner.weight
	r.errors++
	pointer := []string{"", "*"}[r.IntN(2)]
	r.declare("type %[1]s struct {\n\tIn %[2]s\n\tcause error\n}\n\nfunc (e %[3]s%[1]s) Error() string { return \"%[1]s\" }\n\n"+
		"var Err%[1]s = errors.New(\"the sentinel %[1]s\")", t.expr, inner.expr, pointer)
	return t
}

// structure declares a struct.
func (r *randomTypes) structure(t, inner randomType) randomType {
	t.expr = r.name([]string{"Struct", "structure"}[r.IntN(2)])
	t.key, t.weight = true, 0
	fields, embedded := []string{}, map[string]bool{}
	for i := range 1 + r.IntN(6) {
		in := inner
		if i > 0 {
			in = r.some(inner.depth, false, nil)
		}
		if t.weight+in.weight > maxWeight {
			break
		}
		t.weight, t.key = t.weight+in.weight, t.key && in.key
		name := r.name([]string{"F", "f"}[r.IntN(2)])
		if base := embeddable(in.expr); base != "" && r.IntN(3) == 0 && !embedded[base] {
			embedded[base] = true
			fields = append(fields, in.expr)
			continue
		}
		tag := ""
		switch r.IntN(8) {
		case 0:
			tag = fmt.Sprintf(" `json:\"%s,omitempty\" hotso:\"Old%[1]s\"`", name)
		case 1:
			tag = fmt.Sprintf(" `json:\"%s\"`", strings.ToUpper(name))
		}
		fields = append(fields, name+" "+in.expr+tag)
	}
	if r.IntN(4) == 0 {
		t.key = false
		fields = append(fields, r.name("F")+[]string{" chan int", " func()", " any", " sync.Mutex"}[r.IntN(4)]+" `hotso:\"-\"`")
	}
	if r.IntN(6) == 0 {
		fields = append(fields, "_ int")
	}
	t.weight = max(t.weight, 1)
	r.declare("type %s struct {\n\t%s\n}", t.expr, strings.Join(slices.Compact(fields), "\n\t"))
	return t
}

// embeddable is the name that a type has as an embedded field; "" if it can't be one.
func embeddable(expr string) string {
	base, _, _ := strings.Cut(strings.TrimPrefix(expr, "*"), "[")
	base = base[strings.LastIndexByte(base, '.')+1:]
	switch {
	case strings.HasPrefix(expr, "["), strings.HasPrefix(expr, "map"), strings.Contains(expr, "struct{"), base == "",
		strings.HasPrefix(expr, "**"), strings.HasPrefix(expr, "*") && strings.ContainsAny(expr[1:2], "[*m"):
		return ""
	case strings.HasPrefix(expr, "*") && !strings.HasPrefix(expr, "*Struct"), strings.HasPrefix(base, "Alias"), // may be pointers
		strings.HasPrefix(base, "Rec"), strings.HasPrefix(base, "Named"), strings.HasPrefix(base, "named"):
		return ""
	}
	return base
}
