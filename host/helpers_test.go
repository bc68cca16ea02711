package host_test

import (
	"bytes"
	"cmp"
	"context"
	"debug/elf"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/proc"
)

// ctx is for calls whose end no test waits for.
var ctx = context.Background()

// open opens a library. At the end of the test it is unloaded, and nothing of it may be
// left.
func open(t testing.TB, path string, opts ...host.Option) *host.Library {
	t.Helper()
	lib, err := host.Open(t.Context(), path, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { requireNothingLeft(t)(lib.Close(context.Background())) })
	return lib
}

// newSlot makes a slot that loads the paths, one after the other, and is
// closed at the end. Where nothing is unloaded, what tests do with slots would soon
// fill a process.
func newSlot(t testing.TB, name string, paths []string, opts ...host.Option) *host.Slot {
	t.Helper()
	needUnload(t)
	slot := host.NewSlot(name, opts...)
	t.Cleanup(func() {
		if report, err := slot.Close(context.Background()); report != nil {
			requireNothingLeft(t)(report, err)
		}
	})
	for _, path := range paths {
		_, err := slot.Swap(t.Context(), path)
		require.NoError(t, err)
	}
	return slot
}

// needUnload skips a test unless libraries can be unloaded. Only then can they leave,
// crash without the host, and be loaded hundreds of times.
func needUnload(t testing.TB) {
	t.Helper()
	if why := host.WhyResident(); why != "" {
		t.Skip(why)
	}
}

// plainOnly is for tests of what C code, a database or a damaged file does: the race detector sees nothing of that, and
// they have run without it.
func plainOnly(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("C code and other programs do the work, which need not be done twice")
	}
}

// requireNothingLeft takes what Close returns. Where nothing can be unloaded, it
// expects the report to say so.
func requireNothingLeft(t testing.TB) func(*host.Report, error) {
	return func(r *host.Report, err error) {
		t.Helper()
		require.NoError(t, err)
		if why := host.WhyResident(); why != "" {
			require.Equal(t, host.Resident, r.State)
			require.Equal(t, why, r.Reason)
			return
		}
		require.Equal(t, host.Unloaded, r.State, r.Reason)
		for _, x := range r.Resources {
			assert.Zero(t, x.Left, "%s: %s", x.Kind, x.Why)
		}
	}
}

// must takes the results of a function that must not fail.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		require.NoError(t, err)
		return v
	}
}

// stamped returns the bytes of a library of testdata under other versions, so that
// a test has any number of versions for one run of the compiler.
func stamped(t testing.TB, path string) func(version string) []byte {
	t.Helper()
	return stampedAs(t, path, "")
}

// stampedAs is stamped under another name, unless it is empty.
func stampedAs(t testing.TB, path, name string) func(version string) []byte {
	t.Helper()
	file := must(os.ReadFile(path))(t)
	sealed, err := manifest.Unseal(file)
	require.NoError(t, err)
	image, m := sealed.Image, sealed.Manifest
	at := fileOffset(t, image, abi.SymDescriptor)
	return func(version string) []byte {
		image, m := bytes.Clone(image), *m
		m.Version, m.Name = version, cmp.Or(name, m.Name)
		require.NoError(t, abi.Stamp(image[at:at+abi.DescriptorSize], m.Name, version))
		return must(manifest.Seal(image, &m))(t)
	}
}

// fileOffset is the offset in the file of what an exported symbol names.
func fileOffset(t testing.TB, image []byte, symbol string) uint64 {
	t.Helper()
	f := must(elf.NewFile(bytes.NewReader(image)))(t)
	for _, s := range must(f.DynamicSymbols())(t) {
		for _, p := range f.Progs {
			if s.Name == symbol && p.Type == elf.PT_LOAD && s.Value >= p.Vaddr && s.Value < p.Vaddr+p.Filesz {
				return s.Value - p.Vaddr + p.Off
			}
		}
	}
	require.Fail(t, "no such symbol", symbol)
	return 0
}

// holdings are the mappings and open files that libraries bring along. Their
// threads are counted by libtest.Main, which knows whose they are.
func holdings(t testing.TB) (held []string) {
	t.Helper()
	for _, m := range must(proc.Maps("hotso:"))(t) {
		held = append(held, m.Path)
	}
	for _, link := range must(proc.Descriptors())(t) {
		if strings.Contains(link, "hotso:") || strings.HasPrefix(link, "anon_inode:[event") ||
			strings.HasPrefix(link, "/sys/fs/cgroup/") || strings.Contains(link, "/mountinfo") {
			held = append(held, link)
		}
	}
	return held
}

// A journal keeps the events of a slot.
type journal struct {
	mu     sync.Mutex
	events []host.Event
}

func (j *journal) option() host.Option {
	return host.OnEvent(j.add)
}

func (j *journal) add(e host.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, e)
}

// all are the events, in their order.
func (j *journal) all() []host.Event {
	host.Delivered()
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.events)
}

// states are the states that a version went through.
func (j *journal) states(version string) (states []host.State) {
	host.Delivered()
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.events {
		if e.Version == version {
			states = append(states, e.State)
		}
	}
	return states
}

// tells reports whether an event says that.
func (j *journal) tells(detail string) bool {
	host.Delivered()
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.ContainsFunc(j.events, func(e host.Event) bool { return strings.Contains(e.Detail, detail) })
}
