package transcode

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host/internal/schema"
)

// MaxDepth is how many arrays and objects of JSON may be inside each other, either way.
const MaxDepth = 1000

// Contracts are those of one library.
type Contracts struct{ all []*served }

// served is a contract that a library says it serves.
type served struct {
	name    string
	schema  *schema.Schema
	err     error // its schema can't be read
	errors  map[uint32]string
	methods map[string]func() (*Method, error)
	objects []string // functions of its objects
}

// New returns the contracts of a manifest. A schema that can't be read is an error of each of its methods.
func New(contracts []manifest.Contract) *Contracts {
	c := new(Contracts)
	for _, m := range contracts {
		s := &served{name: m.Name, methods: map[string]func() (*Method, error){}}
		if s.schema, s.err = schema.Parse(m.Schema); s.err == nil && s.schema.Contract != m.Name {
			s.err = fmt.Errorf("schema of the contract %s: it is of %s", m.Name, s.schema.Contract)
		}
		if s.err == nil {
			s.errors = errorNames(s.schema)
			for i := range s.schema.Methods {
				m := &s.schema.Methods[i]
				s.methods[m.Name] = sync.OnceValues(func() (*Method, error) { return s.compile(m) })
			}
			s.objects = s.schema.Functions()[len(s.schema.Methods):]
		}
		c.all = append(c.all, s)
	}
	return c
}

// Function returns the function of the library that a name stands for, Greeter_Greet, which may also
// be written Greeter.Greet; false if it is no method of a contract.
func (c *Contracts) Function(name string) (function string, ok bool) {
	s, method := c.find(name)
	if s == nil {
		return name, c.owner(name) != nil
	}
	return s.name + "_" + method, true
}

// owner is the contract of whose objects a function is.
func (c *Contracts) owner(function string) *served {
	for _, s := range c.all {
		if slices.Contains(s.objects, function) {
			return s
		}
	}
	return nil
}

// Method returns the method of that name, as Function takes it; nil if there is none. It fails if it
// has no form in JSON. What belongs to objects has none: they are their callers'.
func (c *Contracts) Method(name string) (*Method, error) {
	s, method := c.find(name)
	switch {
	case s == nil:
		if owner := c.owner(name); owner != nil {
			return nil, fmt.Errorf("%s is of the objects of the contract %s, which have no form in JSON", name, owner.name)
		}
		return nil, nil
	case s.err != nil:
		return nil, s.err
	}
	return s.methods[method]()
}

// find returns a contract, and the name of its method. One whose schema can't be read has all of them.
func (c *Contracts) find(name string) (*served, string) {
	for _, s := range c.all {
		method, ok := strings.CutPrefix(name, s.name)
		if !ok || len(method) < 2 || method[0] != '_' && method[0] != '.' {
			continue
		}
		if method = method[1:]; s.err != nil || s.methods[method] != nil {
			return s, method
		}
	}
	return nil, ""
}

// A Method is a method of a contract, whose arguments and results are translated.
type Method struct {
	Name     string  // Greeter.Greet
	Function string  // by which the library exports it, Greeter_Greet
	Params   []Param // without the context

	results []*codec
	stream  *codec
	bytes   bool // it returns a reader
	errors  map[uint32]string
}

// A Param is a parameter of a method.
type Param struct {
	Name string // may be empty, or _
	Type string // as the schema spells it

	codec *codec
}

// IsText reports whether every value of the parameter is a string in JSON.
func (p Param) IsText() bool {
	switch p.codec.kind {
	case stringKind, textKind, timeKind, errorKind:
		return true
	}
	return false
}

// IsBytes reports whether the parameter is a base64 string in JSON.
func (p Param) IsBytes() bool { return p.codec.kind == bytesKind || p.codec.kind == binaryKind }

// compile takes the types of a method apart.
func (s *served) compile(m *schema.Method) (*Method, error) {
	out := &Method{Function: s.schema.Function(m), Name: s.name + "." + m.Name, errors: s.errors}
	types := compiler{s.schema, map[string]*codec{}}
	fail := func(what string, err error) error {
		return fmt.Errorf("%s: %s has no form in JSON: %w", out.Name, what, err)
	}
	for i, p := range m.Params {
		c, err := types.codec(p.Type)
		if err != nil {
			return nil, fail(fmt.Sprintf("parameter %d", i+1), err)
		}
		out.Params = append(out.Params, Param{p.Name, p.Type, c})
	}
	for i, r := range m.Results {
		c, err := types.codec(r)
		if err != nil {
			return nil, fail(fmt.Sprintf("result %d", i+1), err)
		}
		out.results = append(out.results, c)
	}
	if m.Stream == "" {
		return out, nil
	}
	out.bytes = m.Error
	c, err := types.codec(m.Stream)
	if err != nil {
		return nil, fail("its element", err)
	}
	out.stream = c
	return out, nil
}
