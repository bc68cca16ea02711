package host_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// Every way out of a Go runtime ends its version only: the callers inside are
// freed, the reason is reported, and the previous version answers the next call.
func TestCrashKinds(t *testing.T) {
	v1, v2 := libtest.Build(t, "crash", "1"), libtest.Build(t, "crash", "2")
	for _, test := range []struct {
		kind    string
		want    host.CrashKind
		code    int
		message string
	}{
		{"panic", host.CrashPanic, 0, "panic: crash drill"},
		{"goroutine", host.CrashPanic, 0, "panic: crash drill in a goroutine"},
		{"nil", host.CrashPanic, 0, "panic: runtime error: invalid memory address or nil pointer dereference"},
		{"wild", host.CrashFatal, 0, "fatal error: fault"},
		{"fault", host.CrashPanic, 0, "panic: runtime error: invalid memory address or nil pointer dereference"},
		{"throw", host.CrashFatal, 0, "fatal error: concurrent map writes"},
		{"unlock", host.CrashFatal, 0, "fatal error: sync: unlock of unlocked mutex"},
		{"overflow", host.CrashFatal, 0, "stack overflow"},
		{"memory", host.CrashFatal, 0, "out of memory"},
		{"goexit", host.CrashFatal, 0, "fatal error: runtime.Goexit called in a thread that was not created by the Go runtime"},
		{"exit", host.CrashExit, 3, ""},
		{"log", host.CrashExit, 1, ""},
		{"traceback", host.CrashPanic, 0, "panic: crash drill with all goroutines"},
		{"locked", host.CrashPanic, 0, "panic: crash on a locked thread"},
		{"long", host.CrashPanic, 0, "panic: "},
		{"c-segv", host.CrashFatal, 0, "SIGSEGV: segmentation violation"},
		{"libc-segv", host.CrashFatal, 0, "SIGSEGV: segmentation violation"},
		{"abort", host.CrashSignal, 6, ""},
	} {
		t.Run(test.kind, func(t *testing.T) {
			slot := newSlot(t, "crash", []string{v1, v2})
			v := newVictim(t, slot)
			wait := v.within(4, v.sleep)
			c := crashed(t, v.crash(test.kind), "2")
			wait()
			assert.Equal(t, test.want, c.Kind)
			assert.Equal(t, test.code, c.Code)
			assert.Contains(t, c.Message, test.message)
			switch {
			case test.kind == "long": // its 100 MB leave no room for the trace
				assert.Len(t, c.Message, host.MaxCrashMessage)
			case test.want == host.CrashPanic || test.want == host.CrashFatal:
				assert.Contains(t, c.Message, "goroutine ", "the trace")
			}
			require.NoError(t, v.add())
			assert.Equal(t, "1", slot.Current().Version())
		})
	}
}

// GOTRACEBACK=crash shows frames of the runtime itself.
func TestCrashWithAllGoroutines(t *testing.T) {
	lib := must(host.Open(bg, libtest.Build(t, "crash", "1")))(t)
	c := crashed(t, newVictim(t, lib).crash("traceback"), "1")
	assert.Contains(t, c.Message, "runtime.gopark(")
	requireNothingLeft(t)(lib.Close(bg))
}

// If a library ends in several ways at the same time, one is reported.
func TestCrashInSeveralWaysAtOnce(t *testing.T) {
	lib := must(host.Open(bg, libtest.Build(t, "crash", "1")))(t)
	v := newVictim(t, lib)
	wait := v.within(2, v.sleep)
	c := crashed(t, v.crash("two"), "1")
	wait()
	assert.Contains(t, []host.CrashKind{host.CrashPanic, host.CrashExit}, c.Kind)
	requireNothingLeft(t)(lib.Close(bg))
}
