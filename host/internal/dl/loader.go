package dl

// Loader has this package's functions as methods, for interfaces (see package tls).
type Loader struct{}

// Open is the function Open.
func (Loader) Open(path string) (uintptr, error) {
	h, err := Open(path)
	return uintptr(h), err
}

// Sym is Handle.Sym.
func (Loader) Sym(h uintptr, name string) (uintptr, error) { return Handle(h).Sym(name) }
