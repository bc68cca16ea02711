//go:build linux && (amd64 || arm64) && !race

package main

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	if o := os.Getenv(orderVariable); o != "" {
		fail(serve(o))
		return
	}
	os.Exit(m.Run())
}

func greeter(t *testing.T) string {
	t.Helper()
	cc, err := command(t.Context(), "go", "env", "CC")
	require.NoError(t, err)
	if _, err := exec.LookPath(strings.Fields(cc)[0]); err != nil {
		t.Skip("no C compiler: ", err)
	}
	path, err := buildGreeter(t.Context(), t.TempDir())
	require.NoError(t, err)
	return path
}

func TestCountsAreTheSameInEachRun(t *testing.T) {
	library := greeter(t)
	first, err := count(t.Context(), library, 5)
	require.NoError(t, err)
	second, err := count(t.Context(), library, 5)
	require.NoError(t, err)
	assert.NoError(t, second.compare(first))
	assert.NoError(t, first.compare(second))
	assert.Greater(t, first.Greet.Total, first.Add.Total, "a greeting makes strings")

	for _, c := range []Count{first.Add, first.Greet} {
		sum, in := 0, map[string]int{}
		for _, f := range c.Functions {
			sum += f.Instructions
			in[f.Part] += f.Instructions
		}
		assert.Equal(t, c.Total, sum, "each instruction is in one function")
		assert.LessOrEqual(t, c.Least, c.Total)
		assert.GreaterOrEqual(t, c.Most, c.Total)
		for _, part := range parts[:len(parts)-1] {
			assert.Positive(t, in[part], part)
		}
		assert.Less(t, in[elsewhere]*20, c.Total, "nearly all addresses are known")
	}

	file := filepath.Join(t.TempDir(), "before.json")
	require.NoError(t, first.write(file))
	read, err := readReport(file)
	require.NoError(t, err)
	assert.Equal(t, first, read)

	var out strings.Builder
	require.NoError(t, writeTable(&out, second, read, true))
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	for _, line := range lines {
		assert.Len(t, line, len(lines[0]), "aligned")
	}
	assert.Regexp(t, `(?m)^host: gate +\d+ +\d+ +\d+ +\d+$`, out.String())
	assert.Regexp(t, `(?m)^ +trampoline +\d+ +\d+ +\d+ +\d+$`, out.String())
}

func TestOverOnePercentMore(t *testing.T) {
	report := func(add, greet int) *Report { return &Report{Add: Count{Total: add}, Greet: Count{Total: greet}} }
	before := report(1200, 2400)
	assert.NoError(t, report(1212, 2424).compare(before), "one percent")
	assert.NoError(t, report(900, 1800).compare(before), "less")
	assert.EqualError(t, report(1213, 2400).compare(before),
		"an add takes 1.1 % more instructions than before: 1213 instead of 1200")
	assert.EqualError(t, report(1200, 3000).compare(before),
		"a greet takes 25.0 % more instructions than before: 3000 instead of 2400")
}

func TestPlaces(t *testing.T) {
	for name, want := range map[string]place{
		"runtime.cgocall":                           {Part: hostRuntime, Package: "runtime"},
		"internal/runtime/atomic.(*Uint32).Load":    {Part: hostRuntime, Package: "internal/runtime/atomic"},
		"gosave_systemstack_switch":                 {Part: hostRuntime, Package: "runtime"},
		module + "/host.(*binding).enter":           {Part: hostRooms, Package: module + "/host"},
		module + "/host.Func1[...].func1":           {Part: hostRooms, Package: module + "/host"},
		module + "/host/internal/gate.(*Gate).take": {Part: hostGate, Package: module + "/host/internal/gate"},
		module + "/host/internal/call.trampoline":   {Part: hostTrampoline, Package: module + "/host/internal/call"},
		"github.com/ebitengine/purego.SyscallN":     {Part: hostTrampoline, Package: "github.com/ebitengine/purego"},
	} {
		want.Function = name
		assert.Equal(t, want, hostPlace(name))
	}
	for name, want := range map[string]place{
		"__wrap_crosscall2":                   {Part: shim},
		"Add":                                 {Part: wrapper},
		"_cgoexp_c7f2741e3a84_A":              {Part: wrapper},
		"crosscall2":                          {Part: libraryRuntime, Package: "runtime/cgo"},
		"runtime.cgocallback":                 {Part: libraryRuntime, Package: "runtime"},
		"main.GreetName":                      {Part: libraryCode, Package: "main"},
		module + "/cabi.fill[go.shape.uint8]": {Part: libraryCode, Package: module + "/cabi"},
	} {
		want.Function = name
		assert.Equal(t, want, libraryPlace(name, false))
	}
	assert.Equal(t, place{libraryRuntime, "runtime", "memeqbody"}, libraryPlace("memeqbody", true))
}

func TestWhatIsRefused(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
		return path
	}
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"add"}, `"add" is not a flag`},
		{[]string{"--calls", "0"}, "count at least one call"},
		{[]string{"--against", filepath.Join(dir, "none")}, "no such file"},
		{[]string{"--against", file("empty.json", "{}")}, "write it with --json"},
		{[]string{"--against", file("text.json", "a table")}, "text.json"},
		{[]string{"--against", file("other.json", `{"arch":"mips","add":{"total":1},"greet":{"total":1}}`)}, "was counted on mips"},
		{[]string{"--library", file("libgreeter.v1.so", "no library")}, "before it could be counted"},
	} {
		err := run(t.Context(), test.args, &strings.Builder{})
		assert.ErrorContains(t, err, test.want, test.args)
	}
	assert.ErrorIs(t, run(t.Context(), []string{"--help"}, &strings.Builder{}), flag.ErrHelp)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := count(ended, filepath.Join(dir, "libgreeter.v1.so"), 1)
	assert.ErrorIs(t, err, context.Canceled)
}
