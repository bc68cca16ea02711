package builtin

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/host/internal/instance"
	"github.com/hotso/hotso/host/internal/invoke"
	"github.com/hotso/hotso/host/internal/version"
	"github.com/hotso/hotso/host/life"
)

// Hooks are what a library registers with cabi.OnStart and its kin; nil: none.
type Hooks struct {
	Start, Health, Stop func(context.Context) error
	Save                func() ([]byte, error)
	Restore             func(state []byte) error
	Exclusive           bool // only one version of the slot may be live
}

// New makes the version: see host.Builtin.
func New(text string, implementation any, hooks Hooks) (*instance.Builtin, error) {
	if _, err := version.Parse(text); err != nil {
		return nil, fmt.Errorf("version %q: %w", text, err)
	}
	c, err := codeOf(implementation)
	if err != nil {
		return nil, err
	}
	c.hooks = hooks
	m := manifest.Manifest{
		Format: manifest.Format, Version: text, ABI: abi.Version, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		Exclusive: hooks.Exclusive,
	}
	for _, name := range slices.Sorted(maps.Keys(c.functions)) {
		m.Functions = append(m.Functions, manifest.Function{Name: name, Signature: c.functions[name].sig.String()})
	}
	for i, s := range c.contracts {
		info := s.Info()
		if slices.ContainsFunc(c.contracts[:i], func(o contract.Servable) bool { return o.Info().Name == info.Name }) {
			return nil, fmt.Errorf("%T implements two contracts of the name %s: wrap it, so that it has the methods of one", implementation, info.Name)
		}
		m.Contracts = append(m.Contracts, manifest.Contract{Name: info.Name, Schema: []byte(info.Schema)})
		for i := range info.Methods {
			sig := signatureOf(&info.Methods[i])
			if name := info.Function(&info.Methods[i]); c.functions[name] != nil {
				return nil, fmt.Errorf("%T has a method %s, which is the name of a function of the contract %s", implementation, name, info.Name)
			}
			m.Functions = append(m.Functions, manifest.Function{Name: info.Function(&info.Methods[i]), Signature: sig.String()})
		}
	}
	slices.SortFunc(m.Functions, func(a, b manifest.Function) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(m.Contracts, func(a, b manifest.Contract) int { return strings.Compare(a.Name, b.Name) })
	if len(m.Functions) == 0 {
		if err := c.lacks(""); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%T has no method that crosses, and implements no contract whose package is imported", implementation)
	}
	return &instance.Builtin{
		Desc: life.Description{Version: text, ABI: abi.Version, Sealed: true, Exclusive: hooks.Exclusive, Manifest: m},
		// What is made anew is another version, though it says the same of itself.
		Key:   text + " builtin " + rand.Text(),
		Begin: c.begin,
		Lacks: c.lacks,
	}, nil
}

// code is what a builtin is made of.
type code struct {
	make      func() (any, error)
	anew      bool         // make makes one each time
	made      reflect.Type // what it makes; nil: functions
	functions map[string]*function
	contracts []contract.Servable
	hooks     Hooks
}

var errType = reflect.TypeFor[error]()

func codeOf(implementation any) (*code, error) {
	v := reflect.ValueOf(implementation)
	if !v.IsValid() {
		return nil, errors.New("the implementation is nil")
	}
	if functions, ok := implementation.(map[string]any); ok {
		return ofMap(functions)
	}
	t := v.Type()
	c := &code{make: func() (any, error) { return implementation, nil }}
	if t.Kind() == reflect.Func {
		if t.NumIn() != 0 || t.NumOut() != 2 || t.Out(1) != errType {
			return nil, fmt.Errorf("%v is not a func() (T, error)", t)
		}
		if v.IsNil() {
			return nil, errors.New("the implementation is nil")
		}
		c.anew, t = true, t.Out(0)
		c.make = func() (any, error) {
			out := v.Call(nil)
			if err, _ := out[1].Interface().(error); err != nil {
				return nil, err
			}
			if made := out[0].Interface(); made != nil {
				return made, nil
			}
			return nil, errors.New("the implementation is nil")
		}
	}
	c.made = t
	c.functions = methodsOf(t)
	c.contracts = contract.Known(t)
	return c, nil
}

// lacks says why it does not serve a contract, nil if no package of the program has that.
func (c *code) lacks(name string) error {
	if c.made == nil {
		return errors.New("it is a map of functions, and a contract is served by the methods of a value")
	}
	return contract.Lacks(c.made, name)
}

// ofMap is the code of functions that have names.
func ofMap(functions map[string]any) (*code, error) {
	c := &code{make: func() (any, error) { return functions, nil }, functions: map[string]*function{}}
	for name, f := range functions {
		v := reflect.ValueOf(f)
		if !abi.IsIdentifier(name) || strings.HasPrefix(name, "hotso_") {
			return nil, fmt.Errorf("function %q: not an identifier, or one of hotso's own", name)
		}
		if v.Kind() != reflect.Func || v.IsNil() {
			return nil, fmt.Errorf("%s is a %T, not a function", name, f)
		}
		known, err := functionOf(v.Type())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		known.find = func(any) reflect.Value { return v }
		c.functions[name] = known
	}
	return c, nil
}

// methodsOf are those of a type that cross.
func methodsOf(t reflect.Type) map[string]*function {
	all := map[string]*function{}
	for i := range t.NumMethod() {
		m := t.Method(i)
		typ := m.Type
		if t.Kind() != reflect.Interface {
			typ = reflect.Zero(t).Method(i).Type() // without the receiver
		}
		f, err := functionOf(typ)
		if err != nil {
			continue
		}
		f.find = func(implementation any) reflect.Value { return reflect.ValueOf(implementation).MethodByName(m.Name) }
		all[m.Name] = f
	}
	return all
}

// begin is the code for one life of the version.
func (c *code) begin() *invoke.Builtin {
	l := &lifetime{code: c}
	b := &invoke.Builtin{
		Functions: map[string]*invoke.BuiltinFunction{},
		Start:     l.start, Stop: l.stop, Health: c.hooks.Health, Save: c.hooks.Save, Restore: c.hooks.Restore,
	}
	for name, f := range c.functions {
		b.Functions[name] = f.in(l)
	}
	for _, s := range c.contracts {
		server := s.Serve(l.implementation, lent)
		l.servers = append(l.servers, server)
		info := s.Info()
		for i := range info.Methods {
			b.Functions[info.Function(&info.Methods[i])] = served(server, i, signatureOf(&info.Methods[i]))
		}
	}
	return b
}

// lifetime is one life of a version.
type lifetime struct {
	*code
	servers []*contract.Server

	mu   sync.Mutex
	made any
}

var errNotStarted = errors.New("the version has not been started, or has stopped")

// implementation is that of this life.
func (l *lifetime) implementation() (any, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.made == nil {
		return nil, errNotStarted
	}
	return l.made, nil
}

func (l *lifetime) start(ctx context.Context) (err error) {
	made, err := l.make()
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.made = made
	l.mu.Unlock()
	started := false
	defer func() {
		if !started { // also if the hook panics
			err = errors.Join(err, l.end())
		}
	}()
	if l.hooks.Start != nil {
		err = l.hooks.Start(ctx)
	}
	if err == nil {
		err = ctx.Err() // nobody waits any more, nor will stop it
	}
	started = err == nil
	return err
}

func (l *lifetime) stop(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, l.end()) }() // also if the hook panics
	for _, s := range l.servers {
		defer s.Stop()
	}
	if l.hooks.Stop != nil {
		err = l.hooks.Stop(ctx)
	}
	return err
}

// end gives up the implementation.
func (l *lifetime) end() error {
	l.mu.Lock()
	made := l.made
	l.made = nil
	l.mu.Unlock()
	if closer, ok := made.(io.Closer); ok && l.anew {
		return closer.Close()
	}
	return nil
}
