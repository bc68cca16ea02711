package host_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libbuild"
	"github.com/hotso/hotso/host/internal/libtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// A refusal is one way to be refused, produced for real.
type refusal struct {
	reason error
	name   string // of the reason, in Go
	when   string
	opts   []host.Option
	make   func(t *testing.T, path string) // spoils the library tiny v2
}

func refusals(key, stranger keyPair) []refusal {
	trust := []host.Option{host.TrustKeys(key.public)}
	return []refusal{
		{host.ErrNotFound, "ErrNotFound", "no such file", nil, remove},
		{host.ErrNotFound, "ErrNotFound", "a directory", nil, func(t *testing.T, path string) {
			remove(t, path)
			require.NoError(t, os.Mkdir(path, 0o755))
		}},
		{host.ErrNotFound, "ErrNotFound", "a FIFO; it does not block", nil, func(t *testing.T, path string) {
			remove(t, path)
			require.NoError(t, syscall.Mkfifo(path, 0o644))
		}},
		{host.ErrNotFound, "ErrNotFound", "a link that leads to itself", nil, func(t *testing.T, path string) {
			remove(t, path)
			require.NoError(t, os.Symlink(path, path))
		}},
		{host.ErrNotFound, "ErrNotFound", "too large", nil, func(t *testing.T, path string) {
			require.NoError(t, os.Truncate(path, 2<<30))
		}},
		{host.ErrNotELF, "ErrNotELF", "a text", nil, contents("#!/bin/sh\n")},
		{host.ErrNotELF, "ErrNotELF", "empty, not yet written", nil, contents("")},
		{host.ErrNotELF, "ErrNotELF", "an object file", nil, patch(16, byte(elf.ET_REL))},
		{host.ErrMachine, "ErrMachine", "built for a RISC-V", nil, patch(18, byte(elf.EM_RISCV))},
		{host.ErrCorrupt, "ErrCorrupt", "a copy that has just begun", nil, func(t *testing.T, path string) {
			require.NoError(t, os.Truncate(path, 32))
		}},
		{host.ErrCorrupt, "ErrCorrupt", "its headers contradict each other", nil, patch(56, 0)},
		{host.ErrCorrupt, "ErrCorrupt", "sealed after it was cut off", nil, func(t *testing.T, path string) {
			libtest.Reseal(t, path, func(image []byte, _ *manifest.Manifest) []byte { return image[:len(image)-8] })
		}},
		{host.ErrNotLibrary, "ErrNotLibrary", "without package cabi", nil, other("plainc")},
		{host.ErrSanitizer, "ErrSanitizer", "built with -race", nil, other("panics", libtest.Named("tiny"), func(o *libbuild.Options) { o.Race = true })},
		{host.ErrABI, "ErrABI", "of another hotso", nil, other("badabi")},
		{host.ErrUnsealed, "ErrUnsealed", "built by go build alone", nil, func(t *testing.T, path string) { libtest.Unseal(t, path) }},
		{host.ErrUnsealed, "ErrUnsealed", "its last byte is missing", nil, func(t *testing.T, path string) {
			require.NoError(t, os.Truncate(path, info(t, path).Size()-1))
		}},
		{host.ErrSeal, "ErrSeal", "one bit of the code is another", nil, func(t *testing.T, path string) {
			flip(t, path, func(file []byte) int { return textOffset(t, file) })
		}},
		{host.ErrSeal, "ErrSeal", "one bit of the manifest is another", nil, func(t *testing.T, path string) {
			flip(t, path, func(file []byte) int { return bytes.LastIndex(file, []byte(`"tiny"`)) })
		}},
		{host.ErrSeal, "ErrSeal", "the manifest of another version", nil, func(t *testing.T, path string) {
			libtest.Reseal(t, path, func(image []byte, m *manifest.Manifest) []byte { m.Version = "3"; return image })
		}},
		{host.ErrUnsigned, "ErrUnsigned", "keys are trusted, and it has no signature", trust, nil},
		{host.ErrUntrusted, "ErrUntrusted", "signed with another key", trust, func(t *testing.T, path string) { stranger.sign(t, path) }},
		{host.ErrUntrusted, "ErrUntrusted", "the signature of another manifest", trust, func(t *testing.T, path string) {
			three := libtest.Build(t, "tiny", "3")
			key.sign(t, three)
			file, err := unseal(t, path).Attach(unseal(t, three).Signature)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path, file, 0o755))
		}},
		{host.ErrNeeded, "ErrNeeded", "keys are trusted, and what it needs is not the system's", trust, func(t *testing.T, path string) {
			compileShared(t, helperIn(filepath.Dir(path)), 42, soName)
			needyAt(t, key, path, "tiny", "2")
		}},
		{host.ErrNeeded, "ErrNeeded", "what it needs is another than when it was built", trust, func(t *testing.T, path string) {
			compileShared(t, helperIn(filepath.Dir(path)), 42, soName)
			needyAt(t, key, path, "tiny", "2", helperIn(filepath.Dir(path)))
			compileShared(t, helperIn(filepath.Dir(path)), 666, soName)
		}},
		{host.ErrName, "ErrName", "the slot has another name", nil, other("tiny", libtest.Named("other"))},
		{host.ErrName, "ErrName", "its file has the name of another version", []host.Option{host.CheckFileName()}, func(t *testing.T, path string) {
			three, err := os.ReadFile(libtest.Build(t, "tiny", "3"))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path, three, 0o755))
		}},
		{host.ErrDowngrade, "ErrDowngrade", "a newer version serves", nil, other("counter", libtest.Named("tiny"))},
		{host.ErrFunction, "ErrFunction", "the host has bound a function that it lacks", nil, nil},
		{host.ErrSignature, "ErrSignature", "the host calls a function in another way", nil, nil},
		{host.ErrContract, "ErrContract", "the host has bound a contract that it does not serve", nil, nil},
	}
}

// Each way to be refused, with the message that it gives, is in REFUSALS.md.
// go test ./host -run TestRefusals -update writes it.
func TestRefusals(t *testing.T) {
	plainOnly(t)
	golden := filepath.Join(host.SourceDir, "REFUSALS.md")
	key, stranger := newKey(t), newKey(t)
	names := map[string]bool{}
	var table strings.Builder
	table.WriteString("# Why a library is not loaded\n\n" +
		"None of its code has run. Test for a reason with `errors.Is`; all but `ErrNotFound` are\n" +
		"`ErrRefused` too. Each message is from a test that was refused; `N` stands for a number, and\n" +
		"`KEY` for the id of a key. This file is generated: `go test ./host -run TestRefusals -update`.\n\n" +
		"| reason | when | message |\n|---|---|---|\n")
	for _, r := range refusals(key, stranger) {
		names[r.name] = true
		t.Run(r.name+"/"+r.when, func(t *testing.T) {
			path := libtest.Build(t, "tiny", "2")
			if r.make != nil {
				r.make(t, path)
			}
			err := refuse(t, r, path)
			require.ErrorIs(t, err, r.reason)
			assert.Equal(t, r.reason != host.ErrNotFound, errors.Is(err, host.ErrRefused))
			var e *host.Error
			require.ErrorAs(t, err, &e)
			assert.Contains(t, []host.Step{host.StepRead, host.StepVerify}, e.Step)
			assert.Equal(t, path, e.File)
			message := strings.ReplaceAll(err.Error(), filepath.Dir(path)+"/", "")
			for _, k := range []keyPair{key, stranger} {
				message = strings.ReplaceAll(message, k.public.ID(), "KEY")
			}
			message = regexp.MustCompile(`0x[0-9a-f]+|\b\d{3,}\b`).ReplaceAllString(message, "N")
			fmt.Fprintf(&table, "| `%s` | %s | `%s` |\n", r.name, r.when, message)
		})
	}
	assert.ElementsMatch(t, append(declaredRefusals(t), "ErrNotFound"), slices.Collect(maps.Keys(names)), "each reason has a test")
	if t.Failed() {
		return
	}
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(table.String()), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	if runtime.GOARCH == "amd64" { // messages name the machine
		assert.Equal(t, string(want), table.String())
	}
}

// refuse presents the file to a slot, which may already serve and have functions
// bound, and returns the slot's verdict.
func refuse(t *testing.T, r refusal, path string) error {
	opts := r.opts
	slot := host.NewSlot("tiny", opts...)
	switch r.reason {
	case host.ErrDowngrade:
		newer := libtest.Build(t, "counter", "10", libtest.Named("tiny"))
		_, err := slot.Swap(t.Context(), newer)
		require.NoError(t, err)
	case host.ErrFunction:
		_, err := host.Func0[int32](slot, "Question")
		require.NoError(t, err)
	case host.ErrSignature:
		_, err := host.Func0[int64](slot, "Answer")
		require.NoError(t, err)
	case host.ErrContract:
		_, err := slot.BindContract(&contract.Info{Name: "Asker", Methods: []contract.Method{{Name: "Ask"}},
			Schema: `{"wire":1,"contract":"Asker","methods":[{"name":"Ask"}]}`})
		require.NoError(t, err)
	}
	_, err := slot.Swap(t.Context(), path)
	_, closing := slot.Close(t.Context())
	require.NoError(t, closing)
	return err
}

// declaredRefusals are the names of the reasons that are ErrRefused.
func declaredRefusals(t *testing.T) (names []string) {
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(host.SourceDir, "life", "errors.go"), nil, 0)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
			if call, ok := v.Values[0].(*ast.CallExpr); ok && fmt.Sprint(call.Fun) == "refused" {
				names = append(names, v.Names[0].Name)
			}
		}
		return true
	})
	require.NotEmpty(t, names)
	return names
}

func remove(t *testing.T, path string) { require.NoError(t, os.Remove(path)) }

func info(t testing.TB, path string) os.FileInfo {
	t.Helper()
	i, err := os.Stat(path)
	require.NoError(t, err)
	return i
}

func contents(text string) func(*testing.T, string) {
	return func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o644)) }
}

// other puts another library under the same path.
func other(lib string, opts ...libtest.Option) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		require.NoError(t, os.Rename(libtest.Build(t, lib, "2", opts...), path))
	}
}

func patch(at int, to byte) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		change(t, path, func(file []byte) { binary.LittleEndian.PutUint16(file[at:], uint16(to)) })
	}
}

func flip(t *testing.T, path string, at func(file []byte) int) {
	change(t, path, func(file []byte) { file[at(file)] ^= 1 })
}

func change(t *testing.T, path string, edit func(file []byte)) {
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	edit(file)
	require.NoError(t, os.WriteFile(path, file, 0o755))
}

// textOffset is where the file has its code.
func textOffset(t *testing.T, file []byte) int {
	f, err := elf.NewFile(bytes.NewReader(file))
	require.NoError(t, err)
	return int(f.Section(".text").Offset)
}
