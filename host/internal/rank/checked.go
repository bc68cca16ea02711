//go:build hotso_lockrank

package rank

import (
	"bytes"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A Mutex is a lock of rank R. Its zero value is unlocked.
type Mutex[R Rank] struct {
	mu    sync.Mutex
	owner string // the goroutine that has it recorded; guarded by mu
}

// Lock is that of sync.Mutex. It panics if the goroutine holds a lock that is not
// outside of this one.
func (m *Mutex[R]) Lock() {
	l := newLock[R](m)
	g := goroutine()
	for _, h := range heldBy(g) {
		if h.depth >= l.depth {
			panic(violation(l, h))
		}
	}
	m.mu.Lock()
	m.owner = g
	record(g, l)
}

// TryLock is that of sync.Mutex. It never waits, so it may be tried in any order; what
// it took counts for the locks that are taken after it.
func (m *Mutex[R]) TryLock() bool {
	if !m.mu.TryLock() {
		return false
	}
	m.owner = goroutine()
	record(m.owner, newLock[R](m))
	return true
}

// Unlock is that of sync.Mutex: any goroutine may call it.
func (m *Mutex[R]) Unlock() {
	if m.owner != "" {
		forget(m.owner, m)
		m.owner = ""
	}
	m.mu.Unlock()
}

// Unlocked panics if the goroutine holds a lock.
func Unlocked() {
	for _, h := range heldBy(goroutine()) {
		panic(fmt.Sprintf("rank: code of the user's would run under %s, taken at\n%s", h, h.where()))
	}
}

// A lock is one that is held, or about to be.
type lock struct {
	mutex any // *Mutex[R]
	name  string
	depth int
	stack []uintptr
}

func newLock[R Rank](m *Mutex[R]) lock {
	var r R
	l := lock{mutex: m, name: nameOf[R](), depth: r.depth(), stack: make([]uintptr, 32)}
	l.stack = l.stack[:runtime.Callers(3, l.stack)] // without Callers, newLock and Lock
	return l
}

func nameOf[R Rank]() string { return reflect.TypeFor[R]().Name() }

func (l lock) String() string { return fmt.Sprintf("%s %p", l.name, l.mutex) }

// where is the stack on which the lock was taken, in the form of a traceback.
func (l lock) where() string {
	var b strings.Builder
	frames := runtime.CallersFrames(l.stack)
	for more := len(l.stack) > 0; more; {
		var f runtime.Frame
		f, more = frames.Next()
		fmt.Fprintf(&b, "\t%s\n\t\t%s:%d\n", f.Function, f.File, f.Line)
	}
	return b.String()
}

func violation(wanted, held lock) string {
	rule := fmt.Sprintf("%s is outside of %s", wanted.name, held.name)
	switch {
	case wanted.mutex == held.mutex:
		rule = "it holds this very lock"
	case wanted.name == held.name:
		rule = "two of one rank are never held together"
	}
	return fmt.Sprintf("rank: a goroutine that holds %s would wait for %s: %s\n%s is being taken at\n%s%s was taken at\n%s",
		held, wanted, rule, wanted, wanted.where(), held, held.where())
}

// held are the locks that goroutines hold, oldest first.
var held = struct {
	sync.Mutex
	by map[string][]lock
}{by: map[string][]lock{}}

func heldBy(g string) []lock {
	held.Lock()
	defer held.Unlock()
	return slices.Clone(held.by[g])
}

func record(g string, l lock) {
	held.Lock()
	defer held.Unlock()
	held.by[g] = append(held.by[g], l)
}

func forget(g string, mutex any) {
	held.Lock()
	defer held.Unlock()
	held.by[g] = slices.DeleteFunc(held.by[g], func(l lock) bool { return l.mutex == mutex })
	if len(held.by[g]) == 0 {
		delete(held.by, g)
	}
}

// goroutine is the number of the running goroutine. The runtime tells it in the first
// line of a traceback only: "goroutine 18 [running]:".
func goroutine() string {
	var b [64]byte
	_, rest, _ := bytes.Cut(b[:runtime.Stack(b[:], false)], []byte("goroutine "))
	number, _, _ := bytes.Cut(rest, []byte(" "))
	if _, err := strconv.Atoi(string(number)); err != nil {
		panic(fmt.Sprintf("rank: the runtime's traceback begins with %q, without the goroutine's number", b[:]))
	}
	return string(number)
}
