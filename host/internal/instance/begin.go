package instance

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/life"
)

// arguments are those of the process; os.Args is the program's to change.
var arguments = slices.Clone(os.Args)

// A beginning is what a Go runtime finds when it starts, laid out as the kernel does it for
// a process (runtime/os_linux.go, sysargs): pointers to the arguments, pointers to the
// environment, the auxiliary vector, and the texts. The library refers to it for as long as
// it is there, so whoever makes one keeps it.
type beginning struct {
	words   []uint64
	argc    int
	environ []string
}

func newBeginning(args, environ []string) *beginning {
	auxv, _ := os.ReadFile("/proc/self/auxv") // without it the runtime asks for it itself
	texts := slices.Concat(args, environ)
	size := 0
	for _, s := range texts {
		size += len(s) + 1
	}
	const nulls, end = 2, 2 // behind each list of pointers; AT_NULL
	pointers := len(texts) + nulls
	b := &beginning{argc: len(args), environ: environ, words: make([]uint64, pointers+len(auxv)/8+end+(size+7)/8)}
	copy(bytesOf(b.words[pointers:]), auxv[:len(auxv)/8*8])
	text := bytesOf(b.words[pointers+len(auxv)/8+end:])
	at := 0
	for i, s := range texts {
		if i == len(args) {
			at++
		}
		b.words[at] = uint64(uintptr(unsafe.Pointer(unsafe.SliceData(text))))
		at++
		copy(text, s)
		text = text[len(s)+1:]
	}
	return b
}

func bytesOf(words []uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), len(words)*8)
}

func (b *beginning) argv() uint64 {
	return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b.words))))
}

// getenv is what the runtime finds under that name.
func (b *beginning) getenv(name string) string {
	for _, v := range b.environ {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}

// begin has the library's runtime begin with the environment as it is now, changed by vars,
// and not with that of the process's begin. It returns nil if a library has no room for
// it: one of an older hotso, or of a Go release that begins in another way. Then vars must be
// empty.
func begin(spec *elfimage.Spec, p *elfimage.Patcher, vars []string) (_ *beginning, start uint64, err error) {
	start, _, ok := spec.GoFunc("_rt0_" + runtime.GOARCH + "_linux_lib")
	to, hasBegin := spec.Symbol(abi.SymBegin)
	if !ok || !hasBegin || !p.RedirectInit(start, to.Value) {
		if len(vars) > 0 {
			return nil, 0, errNoEnvironment
		}
		return nil, 0, nil
	}
	return newBeginning(arguments, environ(os.Environ(), vars)), start, nil
}

var errNoEnvironment = fmt.Errorf("%w: a library that stays in the process, or was built with an older hotso, has the environment "+
	"that the process began with (no Environ, MaxProcs or MemoryLimit for it)", life.ErrUnsupported)

// environ is base with what vars say: NAME=value sets, NAME alone removes; later ones win.
func environ(base, vars []string) []string {
	name := func(v string) string { n, _, _ := strings.Cut(v, "="); return n }
	all := slices.Concat(base, vars)
	seen := map[string]bool{}
	kept := all[:0:0]
	for _, v := range slices.Backward(all) {
		if n := name(v); !seen[n] {
			seen[n] = true
			if strings.Contains(v, "=") {
				kept = append(kept, v)
			}
		}
	}
	slices.Reverse(kept)
	return kept
}
