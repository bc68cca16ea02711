//go:build linux && (amd64 || arm64)

package main

import (
	"cmp"
	"debug/elf"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
)

// A place is what an instruction belongs to.
type place struct {
	Part     string `json:"part"`
	Package  string `json:"package,omitempty"`
	Function string `json:"function"`
}

// The parts of a call, in the order of the table.
const (
	hostRuntime    = "host: Go runtime"
	hostRooms      = "host: its packages"
	hostGate       = "host: gate"
	hostTrampoline = "host: trampoline"
	shim           = "library: shim"
	wrapper        = "library: wrapper by cgo"
	libraryRuntime = "library: Go runtime"
	libraryCode    = "library: function"
	elsewhere      = "libc and others"
)

var parts = []string{hostRuntime, hostRooms, hostGate, hostTrampoline,
	shim, wrapper, libraryRuntime, libraryCode, elsewhere}

const module = "github.com/hotso/hotso"

// A lookup finds the place of an address in the caller.
type lookup struct {
	base      uint64 // what the library's addresses count from
	low, high uint64 // where its code is mapped
	symbols   []symbol
}

// A symbol is a function of the library.
type symbol struct {
	elf.Symbol
	fromGo bool // it is in the object file that Go's linker hands to the system's
}

// newLookup reads the library's symbols. The host's need not be read: it is this
// program, at the same addresses.
func newLookup(pid int, library string) (*lookup, error) {
	l := &lookup{}
	file, err := elf.Open(library)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	all, err := file.Symbols()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: build it without --strip", library, err)
	}
	object := ""
	for _, s := range all {
		switch kind := elf.ST_TYPE(s.Info); {
		case kind == elf.STT_FILE:
			object = s.Name // of the local symbols that follow
		case kind == elf.STT_FUNC && s.Section != elf.SHN_UNDEF:
			l.symbols = append(l.symbols, symbol{s, object == "go.go" && elf.ST_BIND(s.Info) == elf.STB_LOCAL})
		}
	}
	slices.SortStableFunc(l.symbols, func(a, b symbol) int { return cmp.Compare(a.Value, b.Value) })
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_LOAD && p.Flags&elf.PF_X != 0 })
	for line := range strings.Lines(string(maps)) {
		var low, high, offset uint64
		var access, device, inode, name string
		fmt.Sscanf(line, "%x-%x %s %x %s %s %s", &low, &high, &access, &offset, &device, &inode, &name)
		if i >= 0 && access == "r-xp" && strings.HasPrefix(name, privateCopy) {
			l.base, l.low, l.high = low-offset+file.Progs[i].Off-file.Progs[i].Vaddr, low, high
		}
	}
	if l.high == 0 {
		return nil, fmt.Errorf("the code of %s is not mapped in the caller", library)
	}
	return l, nil
}

// privateCopy is what the kernel calls the mapping of a library that a host has loaded.
const privateCopy = "/memfd:hotso:"

// find says what the instruction at pc belongs to. In the host an inlined function
// counts as itself; in the library it is part of the one that it was inlined into.
func (l *lookup) find(pc uint64) place {
	if f := runtime.FuncForPC(uintptr(pc)); f != nil {
		return hostPlace(f.Name())
	}
	if pc < l.low || pc >= l.high {
		return place{elsewhere, "", "unknown"}
	}
	pc -= l.base
	i, ok := slices.BinarySearchFunc(l.symbols, pc, func(s symbol, pc uint64) int { return cmp.Compare(s.Value, pc) })
	if !ok {
		i--
	}
	if i < 0 || pc >= l.symbols[i].Value+max(l.symbols[i].Size, 1) {
		return place{shim, "", "linker's stub"} // in the PLT
	}
	return libraryPlace(l.symbols[i].Name, l.symbols[i].fromGo)
}

func hostPlace(name string) place {
	p := place{hostRooms, cmp.Or(packageOf(name), "runtime"), name} // some of its assembler has no package
	switch {
	case standard(p.Package):
		p.Part = hostRuntime
	case p.Package == module+"/host/internal/gate":
		p.Part = hostGate
	case p.Package == module+"/host/internal/call", !strings.HasPrefix(p.Package, module+"/"):
		p.Part = hostTrampoline // purego's code is part of it
	}
	return p
}

// libraryPlace tells the C functions of a library apart by their names: those of
// package runtime/cgo have theirs from its source, the wrappers from the exports,
// and the rest is the shim. What Go's assembler wrote without a package is the runtime's.
func libraryPlace(name string, fromGo bool) place {
	p := place{shim, "", name}
	switch pkg := packageOf(name); {
	case name == "Add" || name == "GreetName" || strings.HasPrefix(name, "_cgoexp_"):
		p.Part = wrapper
	case strings.HasPrefix(name, "crosscall"), strings.HasPrefix(name, "x_cgo_"), strings.HasPrefix(name, "_cgo_"):
		p.Part, p.Package = libraryRuntime, "runtime/cgo"
	case pkg == "" && fromGo:
		p.Part, p.Package = libraryRuntime, "runtime"
	case pkg == "":
	case pkg == "main" || !standard(pkg):
		p.Part, p.Package = libraryCode, pkg
	default:
		p.Part, p.Package = libraryRuntime, pkg
	}
	return p
}

// packageOf is the import path in a Go symbol, "" if there is none.
func packageOf(name string) string {
	generic, _, _ := strings.Cut(name, "[") // type arguments have slashes
	slash := strings.LastIndexByte(generic, '/') + 1
	dot := strings.IndexByte(generic[slash:], '.')
	if dot < 1 {
		return ""
	}
	return generic[:slash+dot]
}

// standard says whether a package is of Go's standard library.
func standard(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	return !strings.Contains(first, ".")
}

// entry is where the function of the host that pc is in begins, 0 if pc is elsewhere.
func entry(pc uint64) uint64 {
	if f := runtime.FuncForPC(uintptr(pc)); f != nil {
		return uint64(f.Entry())
	}
	return 0
}

func entryOf(function any) uint64 { return uint64(reflect.ValueOf(function).Pointer()) }
