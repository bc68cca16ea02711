package host_test

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// A bad version: how it is made, and what the error must say.
type bad struct {
	file   func(t *testing.T) string
	reason error
	step   host.Step
	says   string
	state  host.State
	opts   []host.Option
}

// requireBad gives a slot that serves each of them, one after the other.
func requireBad(t *testing.T, cases map[string]bad) {
	good := libtest.Greeter(t, "1")
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			file := c.file(t)
			slot := newSlot(t, "greeter", []string{good}, c.opts...)
			greet := must(host.Func0[string](slot, "Greet"))(t)
			add := must(host.Func2[int32, int32, int32](slot, "Add"))(t)
			held := holdings(t)

			swap, err := slot.Swap(t.Context(), file)
			assert.Nil(t, swap)
			var e *host.Error
			require.ErrorAs(t, err, &e)
			assert.ErrorIs(t, err, c.reason)
			assert.Equal(t, file, e.File)
			assert.Equal(t, c.step, e.Step, err)
			require.Error(t, e.Cause)
			assert.Contains(t, e.Cause.Error(), c.says)
			assert.Contains(t, err.Error(), file)
			assert.Contains(t, err.Error(), c.says)
			assert.Equal(t, c.state == host.Refused && c.reason != host.ErrNotFound, errors.Is(err, host.ErrRefused))

			assert.Equal(t, "Hello, Golang!", must(greet(t.Context()))(t), "the old one serves on")
			assert.EqualValues(t, 3, must(add(t.Context(), 1, 2))(t))
			versions := slot.Versions()
			require.Len(t, versions, 2)
			assert.Equal(t, host.Serving, versions[0].State)
			assert.Equal(t, c.state, versions[1].State)
			assert.Equal(t, err.Error(), versions[1].Reason)
			assert.ElementsMatch(t, held, holdings(t), "nothing is left of it")
		})
	}
}

func TestNotALibraryFile(t *testing.T) {
	greeter := libtest.Greeter(t, "2")
	refused := func(reason error, says string, file func(t *testing.T) string) bad {
		return bad{file: file, reason: reason, step: host.StepVerify, says: says, state: host.Refused}
	}
	unread := func(says string, file func(t *testing.T) string) bad {
		return bad{file: file, reason: host.ErrNotFound, step: host.StepRead, says: says, state: host.Refused}
	}
	requireBad(t, map[string]bad{
		"not there": unread("no such file", func(t *testing.T) string { return filepath.Join(t.TempDir(), "none.so") }),
		"directory": unread("directory", func(t *testing.T) string { return t.TempDir() }),
		"named pipe": unread("named pipe", func(t *testing.T) string {
			path := filepath.Join(t.TempDir(), "pipe.so")
			require.NoError(t, syscall.Mkfifo(path, 0o600))
			return path
		}),
		"device":  unread("device", func(*testing.T) string { return os.DevNull }),
		"empty":   refused(host.ErrNotELF, "empty", content(nil)),
		"text":    refused(host.ErrNotELF, "#!/b", content([]byte("#!/bin/sh\necho Hello\n"))),
		"archive": refused(host.ErrNotELF, "!<ar", content([]byte("!<arch>\nlibgreeter.o/"))),
		"executable": refused(host.ErrNotELF, "ET_EXEC", func(t *testing.T) string {
			return edit(t, greeter, func(b []byte) []byte { b[16] = byte(elf.ET_EXEC); return b })
		}),
		"object file": refused(host.ErrNotELF, "ET_REL", func(t *testing.T) string {
			object := filepath.Join(t.TempDir(), "empty.o")
			cmd := exec.Command("cc", "-xc", "-c", "-o", object, "-")
			cmd.Stdin = strings.NewReader("int answer = 42;")
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			return object
		}),
		"other machine": refused(host.ErrMachine, "riscv64 (EM_RISCV), want", func(t *testing.T) string {
			return edit(t, greeter, func(b []byte) []byte { b[18] = byte(elf.EM_RISCV); return b })
		}),
		"32 bit": refused(host.ErrMachine, "ELFCLASS32", func(t *testing.T) string {
			return edit(t, greeter, func(b []byte) []byte { b[elf.EI_CLASS] = byte(elf.ELFCLASS32); return b })
		}),
		"big endian": refused(host.ErrMachine, "ELFDATA2MSB", func(t *testing.T) string {
			return edit(t, greeter, func(b []byte) []byte { b[elf.EI_DATA] = byte(elf.ELFDATA2MSB); return b })
		}),
	})
}

// Libraries that were built in another way, or for something else.
func TestNotTheLibraryThatIsWanted(t *testing.T) {
	refused := func(reason error, says string, file func(t *testing.T) string) bad {
		return bad{file: file, reason: reason, step: host.StepVerify, says: says, state: host.Refused}
	}
	build := func(lib string, opts ...libtest.Option) func(*testing.T) string {
		return func(t *testing.T) string { return libtest.Build(t, lib, "2", opts...) }
	}
	requireBad(t, map[string]bad{
		"plain C":            refused(host.ErrNotLibrary, abi.SymDescriptor, build("plainc")),
		"Go without cabi":    refused(host.ErrNotLibrary, abi.SymDescriptor, build("notours")),
		"other ABI":          refused(host.ErrABI, "ABI 99, this host 1", build("badabi", libtest.Named("greeter"))),
		"other name":         refused(host.ErrName, `"counter"`, build("counter")),
		"missing function":   refused(host.ErrFunction, "Add", build("missing", libtest.Named("greeter"))),
		"function not there": refused(host.ErrSeal, "Subtract", resealed(func(m *manifest.Manifest) { add(m, "Subtract", "func() int32") })),
		"other signature": refused(host.ErrSignature, "func(a int64, b int64) int64, bound as func(int32, int32) int32",
			resealed(func(m *manifest.Manifest) { m.Functions[0].Signature = "func(a int64, b int64) int64" })),
		"another's manifest": refused(host.ErrSeal, "v7", resealed(func(m *manifest.Manifest) { m.Version = "7" })),
		"unsealed": refused(host.ErrUnsealed, "no seal", func(t *testing.T) string {
			path := libtest.Greeter(t, "2")
			libtest.Unseal(t, path)
			return path
		}),
	})
}

func TestDamagedFile(t *testing.T) {
	greeter := libtest.Greeter(t, "2")
	size := int(must(os.Stat(greeter))(t).Size())
	text := int(section(t, greeter, ".text"))
	cut := func(n int) func(*testing.T) string {
		return func(t *testing.T) string { return edit(t, greeter, func(b []byte) []byte { return b[:n] }) }
	}
	flip := func(at int) func(*testing.T) string {
		return func(t *testing.T) string { return edit(t, greeter, func(b []byte) []byte { b[at] ^= 4; return b }) }
	}
	refused := func(reason error, file func(*testing.T) string) bad {
		return bad{file: file, reason: reason, step: host.StepVerify, state: host.Refused}
	}
	requireBad(t, map[string]bad{
		"cut off in the magic":        refused(host.ErrNotELF, cut(3)),
		"cut off in the header":       refused(host.ErrCorrupt, cut(40)),
		"cut off in the text":         refused(host.ErrCorrupt, cut(text+1)),
		"cut off in the middle":       refused(host.ErrRefused, cut(size/2)),
		"cut off in the manifest":     refused(host.ErrUnsealed, cut(size-manifest.FooterSize-10)),
		"cut off in the footer":       refused(host.ErrUnsealed, cut(size-1)),
		"one byte too many":           refused(host.ErrUnsealed, func(t *testing.T) string { return edit(t, greeter, func(b []byte) []byte { return append(b, 0) }) }),
		"bit flipped in the text":     refused(host.ErrSeal, flip(text+100)),
		"bit flipped in the data":     refused(host.ErrSeal, flip(int(section(t, greeter, ".data"))+100)),
		"bit flipped in the manifest": refused(host.ErrSeal, flip(size-manifest.FooterSize-20)),
		"bit flipped in the length":   refused(host.ErrSeal, flip(size-manifest.FooterSize+16)),
		"bit flipped in the digest":   refused(host.ErrSeal, flip(size-manifest.FooterSize+30)),
		"bit flipped in the reserve":  refused(host.ErrSeal, flip(size-1)),
		"bit flipped in the magic":    refused(host.ErrUnsealed, flip(size-manifest.FooterSize+1)),
	})
}

// Code has run, but no call has reached it.
func TestBadStart(t *testing.T) {
	for mode, c := range map[string]struct {
		reason error
		step   host.Step
		says   string
		opts   []host.Option
	}{
		"error":     {host.ErrStart, host.StepStart, "cannot start", nil},
		"panic":     {host.ErrStart, host.StepStart, "panic: cannot start", nil},
		"hang":      {host.ErrStart, host.StepStart, "did not end within", []host.Option{host.StartTimeout(3 * time.Second)}},
		"unhealthy": {host.ErrUnhealthy, host.StepHealth, "not healthy", nil},
	} {
		t.Run(mode, func(t *testing.T) {
			good := libtest.Build(t, "badstart", "1")
			file := libtest.Build(t, "badstart", "2", libtest.LDFlags("-X main.mode="+mode))
			var j journal
			slot := newSlot(t, "badstart", []string{good}, append(c.opts, j.option())...)
			answer := must(host.Func0[int32](slot, "Answer"))(t)
			held := holdings(t)

			_, err := slot.Swap(t.Context(), file)
			var e *host.Error
			require.ErrorAs(t, err, &e)
			assert.ErrorIs(t, err, c.reason)
			assert.NotErrorIs(t, err, host.ErrRefused)
			assert.Equal(t, c.step, e.Step)
			assert.Equal(t, file, e.File)
			assert.Equal(t, "2", e.Version)
			assert.Contains(t, err.Error(), c.says)

			assert.EqualValues(t, 42, must(answer(t.Context()))(t), "the old one serves on")
			assert.Equal(t, "1", slot.Current().Version())
			assert.Equal(t, host.Failed, slot.Versions()[1].State)
			assert.NotContains(t, j.states("2"), host.Serving)
			assert.Equal(t, c.step == host.StepHealth, j.tells("stop hook: stopped"), "only what was started is stopped")
			assert.ElementsMatch(t, held, holdings(t), "it was unloaded")
		})
	}
}

// Nobody waits for a start once the context of the swap has ended: its hook is told.
func TestStartHookIsToldOfTheEnd(t *testing.T) {
	file := libtest.Build(t, "badstart", "2", libtest.LDFlags("-X main.mode=heed"))
	waits := make(chan struct{}, 1)
	slot := newSlot(t, "badstart", []string{libtest.Build(t, "badstart", "1")}, host.StartTimeout(time.Hour),
		host.OnCount(func(*host.Library, string, int64) { waits <- struct{}{} }))
	builtin := host.Builtin("2", map[string]any{"Answer": func() int32 { return 43 }}, host.Hooks{Start: func(ctx context.Context) error {
		waits <- struct{}{}
		<-ctx.Done()
		return errors.New("nobody waits")
	}})
	for name, from := range map[string]host.Source{"library": host.File(file), "builtin": builtin} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-waits; cancel() }()
			_, err := slot.SwapTo(ctx, from)
			require.ErrorIs(t, err, host.ErrStart)
			assert.ErrorIs(t, err, context.Canceled)
			assert.ErrorContains(t, err, "nobody waits")
			assert.Equal(t, "1", slot.Current().Version())
		})
	}
}

// Nor for a health hook whose caller has gone.
func TestHealthHookIsToldOfTheEnd(t *testing.T) {
	waits := make(chan struct{}, 1)
	lib := open(t, libtest.Build(t, "badstart", "1", libtest.LDFlags("-X main.mode=ponders")), host.HealthTimeout(time.Hour),
		host.OnCount(func(*host.Library, string, int64) { waits <- struct{}{} }))
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-waits; cancel() }()
	err := lib.Health(ctx)
	require.ErrorIs(t, err, host.ErrUnhealthy)
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "nobody waits")
}

var errCheck = errors.New("the answer is not 43")

// The host's own test of a new version may call it.
func TestCheckKeepsAVersionOut(t *testing.T) {
	check := host.Check(func(ctx context.Context, candidate *host.Library) error {
		if candidate.Version() == "1" {
			return nil
		}
		if r, err := candidate.Call(ctx, "Add", 20, 22); err != nil || r.Value != int32(43) {
			return errCheck
		}
		return nil
	})
	requireBad(t, map[string]bad{"check": {
		file:   func(t *testing.T) string { return libtest.Greeter(t, "2") },
		reason: errCheck, step: host.StepHealth, says: errCheck.Error(), state: host.Failed, opts: []host.Option{check},
	}})
}

// edit returns a changed copy of a file.
func edit(t *testing.T, path string, change func([]byte) []byte) string {
	t.Helper()
	return content(change(must(os.ReadFile(path))(t)))(t)
}

func content(b []byte) func(*testing.T) string {
	return func(t *testing.T) string {
		path := filepath.Join(t.TempDir(), "libgreeter.v2.so")
		require.NoError(t, os.WriteFile(path, b, 0o644))
		return path
	}
}

// resealed returns the greeter with another manifest under a valid seal.
func resealed(change func(*manifest.Manifest)) func(*testing.T) string {
	return func(t *testing.T) string {
		path := libtest.Greeter(t, "2")
		libtest.Reseal(t, path, func(image []byte, m *manifest.Manifest) []byte { change(m); return image })
		return path
	}
}

func add(m *manifest.Manifest, name, signature string) {
	m.Functions = append(m.Functions, manifest.Function{Name: name, Signature: signature})
}

// section is the offset of a section in a file.
func section(t *testing.T, path, name string) uint64 {
	t.Helper()
	f := must(elf.NewFile(bytes.NewReader(must(os.ReadFile(path))(t))))(t)
	s := f.Section(name)
	require.NotNil(t, s)
	return s.Offset
}
