package transcode

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/host/internal/schema"
)

// An object is how a struct is written: which of its fields JSON has, under which names, is
// what encoding/json says. Those of embedded structs are members of the same JSON object, and
// inside values of their own on the wire.
type object struct {
	members []objectMember // in the order of the fields: those of one group are next to each other
	byName  map[string]int
	root    *group
	groups  int // inside of root
}

// An objectMember is a field that JSON has.
type objectMember struct {
	name      string
	tag       uint32
	codec     *codec
	groups    []*group // embedded structs that it is in, the outermost first
	quoted    bool     // its number, bool or text is JSON in a string
	omitEmpty bool
	omitZero  bool
}

// A group is a struct on the wire: that of the object, or one embedded in it.
type group struct {
	no      int // within its object
	tag     uint32
	pointer bool           // it is a pointer that is embedded
	members map[uint32]int // by their tags
	groups  map[uint32]*group
}

// object says how a struct is written.
func (c *compiler) object(typ string) (*object, error) {
	o := &object{byName: map[string]int{}, root: newGroup()}
	for _, f := range c.visible(typ) {
		k, err := c.codec(f.Type)
		if err != nil {
			return nil, err
		}
		m := objectMember{
			name: f.name, codec: k, tag: fieldTag(f.Field, k.width),
			quoted: f.quoted, omitEmpty: f.has("omitempty"), omitZero: f.has("omitzero"),
		}
		in := o.root
		for _, e := range f.in {
			tag := fieldTag(e, 0)
			if in.groups[tag] == nil {
				g := newGroup()
				g.no, g.tag, g.pointer = o.groups, tag, strings.HasPrefix(e.Type, "*")
				in.groups[tag] = g
				o.groups++
			}
			in = in.groups[tag]
			m.groups = append(m.groups, in)
		}
		in.members[m.tag] = len(o.members)
		o.byName[m.name] = len(o.members)
		o.members = append(o.members, m)
	}
	return o, nil
}

func newGroup() *group { return &group{members: map[uint32]int{}, groups: map[uint32]*group{}} }

// fieldTag is what stands before a field whose values take that many bytes, 0 for those that begin
// with their length.
func fieldTag(f *schema.Field, width int) uint32 {
	w := uint32(contract.WidthLength)
	switch width {
	case 1:
		w = contract.Width1
	case 2:
		w = contract.Width2
	case 4:
		w = contract.Width4
	case 8:
		w = contract.Width8
	case 16:
		w = contract.Width16
	}
	return contract.Tag(f.WireName(), w)
}

// A field is a candidate for a member.
type field struct {
	*schema.Field
	name    string
	options []string
	tagged  bool // the name is from the json tag
	quoted  bool
	index   []int           // of in, and then of itself
	in      []*schema.Field // embedded structs, the outermost first
}

func (f *field) has(option string) bool { return slices.Contains(f.options, option) }

// visible are the fields of a struct that encoding/json writes, in their order. It searches
// embedded structs level by level, and where fields have the same name, the one least deep
// counts, of these a tagged one, and none if there are several.
func (c *compiler) visible(typ string) []field {
	type level struct {
		typ   string
		index []int
		in    []*schema.Field
	}
	var all []field
	seen := map[string]bool{}
	for next := []level{{typ: typ}}; len(next) > 0; {
		now, count := next, map[string]int{}
		for _, l := range now {
			count[l.typ]++
		}
		next = nil
		for _, l := range now {
			if seen[l.typ] {
				continue
			}
			seen[l.typ] = true
			shape, _, err := c.resolve(l.typ)
			if err != nil || shape.Kind != schema.Struct {
				continue
			}
			for i := range shape.Type.Fields {
				f := field{
					Field: &shape.Type.Fields[i], in: l.in,
					index: append(slices.Clip(l.index), i),
				}
				isStruct := f.Embedded && c.isStruct(strings.TrimPrefix(f.Type, "*"))
				if f.JSON == "-" || !isStruct && !exported(f.Name) {
					continue
				}
				f.parseTag()
				if f.tagged || !isStruct {
					f.quoted = f.has("string") && c.canQuote(f.Type)
					all = append(all, f)
					if count[l.typ] > 1 { // there are two of it, so neither counts
						all = append(all, f)
					}
					continue
				}
				next = append(next, level{strings.TrimPrefix(f.Type, "*"), f.index, append(slices.Clip(l.in), f.Field)})
			}
		}
	}
	return dominant(all)
}

// dominant picks one field for each name.
func dominant(all []field) (list []field) {
	byName := map[string][]field{}
	for _, f := range all {
		byName[f.name] = append(byName[f.name], f)
	}
	for _, same := range byName {
		slices.SortFunc(same, func(a, b field) int {
			if c := cmp.Compare(len(a.index), len(b.index)); c != 0 || a.tagged == b.tagged {
				return c
			}
			if a.tagged {
				return -1
			}
			return 1
		})
		if len(same) > 1 && len(same[0].index) == len(same[1].index) && same[0].tagged == same[1].tagged {
			continue
		}
		list = append(list, same[0])
	}
	slices.SortFunc(list, func(a, b field) int { return slices.Compare(a.index, b.index) })
	return list
}

// parseTag sets the name and the options.
func (f *field) parseTag() {
	name, options, _ := strings.Cut(f.JSON, ",")
	f.name, f.options = f.Name, strings.Split(options, ",")
	if validName(name) {
		f.name, f.tagged = name, true
	}
}

// validName reports whether encoding/json takes a name from a tag.
func validName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

func exported(name string) bool {
	r, _ := utf8.DecodeRuneInString(name)
	return unicode.IsUpper(r)
}

func (c *compiler) isStruct(typ string) bool {
	shape, _, err := c.resolve(typ)
	return err == nil && shape.Kind == schema.Struct
}

// canQuote reports whether the option string has a meaning for a type.
func (c *compiler) canQuote(typ string) bool {
	shape, _, err := c.resolve(strings.TrimPrefix(typ, "*"))
	if err != nil {
		return false
	}
	basic, ok := basics[shape.Kind]
	return ok && basic.kind <= stringKind && basic.kind != complexKind
}
