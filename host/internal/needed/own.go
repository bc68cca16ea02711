package needed

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/private"
)

// What a library needs of the system's, and would do things by that nobody can undo, it gets a copy of for itself: its
// shim then has hold of that code as of the library's own.

// Ownable marks, of what a library needs, what it is to have copies of: what makes something that outlasts a call, or
// would stay for its unique symbols, and what needs one of these. inProcess are the base names of files that the
// process has mapped: what the program has loaded already stays shared with it. verified is what else was found for the
// library, nil if nobody has looked. why says why there is none, though there should be; both are empty if there is no
// need. all is as Survey returns it.
func Ownable(spec *elfimage.Spec, all []Shared, inProcess map[string]string, verified *Set) (own []Shared, why string) {
	if len(all) == 0 {
		return nil, ""
	}
	marked := map[string]bool{}
	for _, s := range all {
		if !s.mayBeOwn(inProcess) {
			continue
		}
		needs := slices.ContainsFunc(s.Needed, func(name string) bool { return marked[name] })
		if !needs && len(s.Makes()) == 0 && len(s.Unique) == 0 {
			continue
		}
		if !s.System || verified.hasCopy(s.Name) { // whatever lies there now
			return nil, s.Name + " is not the system's"
		}
		marked[s.Name] = true
		own = append(own, s)
	}
	if len(own) == 0 {
		return nil, ""
	}
	if _, ok := spec.Export(abi.SymObjects); !ok {
		return nil, "the library was built with an older hotso"
	}
	for _, s := range all {
		if marked[s.Name] {
			continue
		}
		// It would look for the versions of symbols in an object of that name.
		if i := slices.IndexFunc(s.Needed, func(name string) bool { return marked[name] }); i >= 0 {
			return nil, fmt.Sprintf("%s, which is in the process, needs %s", s.Name, s.Needed[i])
		}
		// They may call the library without the shim, which clears initial-exec variables when a thread comes in first: it
		// would find those of the version that had them before.
		if i := slices.IndexFunc(own, func(o Shared) bool { return o.StaticTLS }); i >= 0 && s.Starts() {
			return nil, fmt.Sprintf("%s, which is in the process, has threads, and %s has initial-exec variables", s.Name, own[i].Name)
		}
	}
	if len(own)*nameSize > abi.ObjectsNames {
		return nil, fmt.Sprintf("they are more than %d", abi.ObjectsNames/nameSize)
	}
	return own, ""
}

func (s *Shared) mayBeOwn(inProcess map[string]string) bool {
	if s.Path == "" {
		return false
	}
	real, err := filepath.EvalSymlinks(s.Path)
	if err != nil || inProcess[filepath.Base(real)] != "" {
		return false
	}
	for name := range inProcess { // libstdc++.so.6.0.30, though libstdc++.so.6 is libstdc++.so.6.0.33 by now
		if name == s.Name || strings.HasPrefix(name, s.Name+".") {
			return false
		}
	}
	return true
}

// InProcess are the files that the process has mapped, by their base names, for Ownable.
func InProcess() map[string]string { return mappedFiles() }

// nameSize is the room for a path of a copy, in bytes, with the NUL: /proc/self, two for each bit of a serial number
// (private.Copy, Path), and a descriptor.
const nameSize = 128

// An Own is the copies of shared objects that one version of a library has for itself. Its owner closes it when the
// library is unmapped.
type Own struct {
	objects []*ownObject
	names   []string // of all that there are to be
	words   []uint64 // the shim's hotso_object of each, and the ranges; at a fixed address for as long as o is used

	tls    uint64 // bytes of initial-exec variables that they have together
	locals func(size, align uint64) (offset int64, err error)
	offset int64
}

type ownObject struct {
	Shared
	copy      *private.Copy
	name      []byte // its path, as the shim and the dynamic linker have it; at a fixed address, too
	functions elfimage.Functions
	span      elfimage.Range
	readOnly  []elfimage.Part
}

// MakeOwn makes the copies. mapName begins what their mappings are called in /proc/self/maps; wraps are the functions
// that the library has wrappers for; locals lends thread-local storage for initial-exec variables, zero in each
// thread at first, and is called at most once.
func MakeOwn(own []Shared, machine elf.Machine, mapName string, wraps []string, locals func(size, align uint64) (int64, error)) (_ *Own, err error) {
	o := &Own{locals: locals}
	for _, s := range own {
		o.names = append(o.names, s.Name)
	}
	defer func() {
		if err != nil {
			o.Close()
		}
	}()
	wrapped := make(map[string]bool, len(wraps))
	for _, w := range wraps {
		wrapped[w] = true
	}
	for _, s := range own {
		if err := o.add(s, machine, mapName, wrapped); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return o, nil
}

func (o *Own) add(s Shared, machine elf.Machine, mapName string, wrapped map[string]bool) error {
	src, err := openRegular(s.Path)
	if err != nil {
		return err
	}
	defer src.Close()
	x := &ownObject{Shared: s}
	x.copy, err = private.Fill(mapName+":"+filepath.Base(s.Name), func(f *os.File) error {
		n, err := io.Copy(f, io.LimitReader(src, maxFile))
		if err != nil {
			return err
		}
		return parseMapped(f, n, machine, func(spec *elfimage.Spec) error {
			at, tail, edits, err := o.patch(x, spec, n, wrapped)
			if err != nil {
				return err
			}
			if _, err := f.WriteAt(tail, at); err != nil {
				return err
			}
			return private.Edit(f, n, edits)
		})
	})
	if err != nil {
		return err
	}
	o.objects = append(o.objects, x)
	if x.name = append([]byte(x.copy.Path()), 0); len(x.name) > nameSize {
		return fmt.Errorf("%w: too long a path", elfimage.ErrOwn)
	}
	return nil
}

// patch works out what the copy of x has otherwise than its file of n bytes: tail, which comes to at, and edits.
func (o *Own) patch(x *ownObject, spec *elfimage.Spec, n int64, wrapped map[string]bool) (at int64, tail []byte, edits []elfimage.Edit, err error) {
	p := elfimage.NewPatcher(spec)
	// First what is the same in all copies, then paths, each in a place of one size: so that of copies of one file
	// nothing differs but these.
	names := map[string]uint64{}
	var text []byte
	for _, name := range spec.Imports() {
		if _, ok := names[name]; !ok && wrapped[name] {
			names[name] = uint64(len(text))
			text = append(append(append(text, abi.SymWrap...), name...), 0)
		}
	}
	paths := map[string]uint64{}
	for _, name := range slices.Concat(spec.Needed, spec.VersionFiles()) {
		if _, ok := paths[name]; ok || !slices.Contains(o.names, name) {
			continue
		}
		i := slices.IndexFunc(o.objects, func(x *ownObject) bool { return x.Name == name })
		if i < 0 {
			return 0, nil, nil, fmt.Errorf("%w: it and %s need each other", elfimage.ErrOwn, name)
		}
		paths[name] = uint64(len(text))
		text = append(text, make([]byte, nameSize)...)
		copy(text[len(text)-nameSize:], o.objects[i].name)
	}
	if len(text) == 0 {
		text = []byte{0}
	}
	vaddr, at, err := p.AddSegment(n, uint64(len(text)))
	if err != nil {
		return 0, nil, nil, err
	}
	err = errors.Join(p.RenameImports(func(name, file string) (uint64, bool) {
		off, ok := names[name]
		return vaddr + off, ok && wrapsOf(name, file)
	}), p.RenameNeeded(func(name string) (uint64, bool) {
		off, ok := paths[name]
		return vaddr + off, ok
	}))
	if err != nil {
		return 0, nil, nil, err
	}
	p.ClearNoDelete()
	p.ClearRunPath()
	p.ClearSoName()
	p.ClearUnique(func(string) bool { return false })
	x.functions = p.TakeFunctions()
	if err := o.moveTLS(spec, p); err != nil {
		return 0, nil, nil, err
	}
	page := uint64(os.Getpagesize())
	x.span, x.readOnly = spec.Span(page), spec.ReadOnly(page)
	x.span.High = (vaddr + uint64(len(text)) + page - 1) &^ (page - 1)
	return at, text, p.Edits(), nil
}

// wrapsOf reports whether it is the function that the shim wraps that a symbol of that name and of a version of file's is.
// Another object may have one of its own by the same name. What C++ registers for the end of a thread libstdc++ has.
func wrapsOf(name, file string) bool {
	return file == "" || isBase(file) || name == "__cxa_thread_atexit"
}

func (o *Own) moveTLS(spec *elfimage.Spec, p *elfimage.Patcher) error {
	if err := spec.MovesTLS(); err != nil || len(spec.TLS.InitialExec) == 0 {
		return err
	}
	if o.tls > 0 {
		return fmt.Errorf("%w: another has initial-exec variables, too", elfimage.ErrTLS)
	}
	offset, err := o.locals(spec.TLS.MemSize, spec.TLS.Align)
	if err != nil {
		return err
	}
	o.tls, o.offset = spec.TLS.MemSize, offset
	return p.MoveTLS(offset)
}

// Has reports whether it has a copy of the object of that name.
func (o *Own) Has(name string) bool {
	return o != nil && slices.ContainsFunc(o.objects, func(x *ownObject) bool { return x.Name == name })
}

// Len is the number of copies.
func (o *Own) Len() int {
	if o == nil {
		return 0
	}
	return len(o.objects)
}

// Patch has a library, whose private copy p is for, need the copies, and tells its shim of them.
func (o *Own) Patch(spec *elfimage.Spec, p *elfimage.Patcher) error {
	sym, ok := spec.Export(abi.SymObjects)
	if !ok || sym.Size < abi.ObjectsSize {
		return fmt.Errorf("%w: it does not export %s", elfimage.ErrOwn, abi.SymObjects)
	}
	n := len(o.objects)
	o.words = make([]uint64, n*objectWords+2*n+2)
	config := make([]byte, abi.ObjectsSize)
	word := func(at int, v uint64) { binary.LittleEndian.PutUint64(config[at:], v) }
	word(abi.ObjectsList, address(o.words))
	word(abi.ObjectsN, uint64(n))
	word(abi.ObjectsRanges, address(o.words[n*objectWords:]))
	if o.tls > 0 {
		word(abi.ObjectsLocals, uint64(o.offset))
		word(abi.ObjectsLocalsSize, o.tls)
	}
	at := map[string]uint64{}
	for i, x := range o.objects {
		at[x.Name] = sym.Value + abi.ObjectsNamesAt + uint64(i*nameSize)
		copy(config[abi.ObjectsNamesAt+i*nameSize:], x.name)
		f := x.functions
		copy(o.words[i*objectWords:], []uint64{uint64(uintptr(unsafe.Pointer(unsafe.SliceData(x.name)))), 0, f.Init, f.Fini,
			f.Inits.Low, (f.Inits.High - f.Inits.Low) / 8, f.Finis.Low, (f.Finis.High - f.Finis.Low) / 8})
	}
	if err := p.WriteAt(sym.Value, config); err != nil {
		return err
	}
	return p.RenameNeeded(func(name string) (uint64, bool) { addr, ok := at[name]; return addr, ok })
}

// objectWords is how many words hotso_object of cabi/shim.h has, and baseWord which of them is base.
const (
	objectWords = abi.ObjectSize / 8
	baseWord    = abi.ObjectBase / 8
)

func address(words []uint64) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(words)))) }

// Extents are where the copies are mapped: of those that were loaded.
func (o *Own) Extents() (all []elfimage.Range) {
	if o == nil || o.words == nil {
		return nil
	}
	for i, x := range o.objects {
		if base := o.words[i*objectWords+baseWord]; base != 0 {
			all = append(all, elfimage.Range{Low: base + x.span.Low, High: base + x.span.High})
		}
	}
	return all
}

// Share lets versions with copies of the same files have these in memory once, and seals the copies. name is what
// /proc/self/maps shows.
func (o *Own) Share(name string) (err error) {
	if o == nil {
		return nil
	}
	for i, x := range o.objects {
		base := o.words[i*objectWords+baseWord]
		if base != 0 {
			_ = x.copy.Share(name+":"+filepath.Base(x.Name), "shared object "+x.Path, private.Parts(base, x.readOnly)) // else it has its own
		}
		err = errors.Join(err, x.copy.Seal())
	}
	return err
}

// Close closes the copies.
func (o *Own) Close() {
	if o == nil {
		return
	}
	for _, x := range o.objects {
		if x.copy != nil {
			_ = x.copy.Close()
			x.copy = nil
		}
	}
}
