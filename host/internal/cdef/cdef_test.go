package cdef_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/cdef"
)

var update = flag.Bool("update", false, "write include/*.cdef")

// The reduced headers beside the headers are what the rule makes of them now:
//
//	go test ./host/internal/cdef -run TestShipped -update
func TestShipped(t *testing.T) {
	headers, err := filepath.Glob("../../../include/*.h")
	require.NoError(t, err)
	require.NotEmpty(t, headers)
	for _, header := range headers {
		want, err := cdef.Reduce(header)
		require.NoError(t, err)
		shipped := strings.TrimSuffix(header, ".h") + ".cdef"
		if *update {
			require.NoError(t, os.WriteFile(shipped, []byte(want), 0o644))
		}
		have, err := os.ReadFile(shipped)
		assert.NoError(t, err)
		assert.Equal(t, want, string(have), "%s: run this test with -update", shipped)
	}
}

// Each parser reads the headers of this repository, those that hotso gen has written among them.
func TestParsers(t *testing.T) {
	var reduced []string
	for _, pattern := range []string{"include/*.h", "examples/*/*/include/*.h", "testdata/libs/*/include/*.h"} {
		headers, err := filepath.Glob("../../../" + pattern)
		require.NoError(t, err)
		require.NotEmpty(t, headers, pattern)
		for _, header := range headers {
			text, err := cdef.Reduce(header, "../../../include")
			require.NoError(t, err)
			path := filepath.Join(t.TempDir(), strings.TrimSuffix(filepath.Base(header), ".h")+".cdef")
			require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
			reduced = append(reduced, path)
		}
	}
	for name, p := range map[string]struct{ program, has, parse string }{
		"cffi":   {"python3", "import cffi", "import cffi, sys\ncffi.FFI().cdef(open(sys.argv[1]).read())"},
		"luajit": {"luajit", `require("ffi")`, `require("ffi").cdef(io.open(arg[1]):read("*a"))`},
		// FFI::cdef looks the functions up when it has parsed all; there is no library.
		"php": {"php", `<?php FFI::cdef("typedef int t;");`,
			`<?php try { FFI::cdef(file_get_contents($argv[1])); }
			catch (FFI\Exception $e) { str_starts_with($e->getMessage(), "Failed resolving") || throw $e; }`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			run := func(script string, args ...string) (string, error) {
				path := filepath.Join(dir, "script")
				require.NoError(t, os.WriteFile(path, []byte(script), 0o644))
				out, err := exec.Command(p.program, append([]string{path}, args...)...).CombinedOutput()
				return string(out), err
			}
			if out, err := run(p.has); err != nil {
				t.Skipf("no %s on this machine: %v %s", name, err, out)
			}
			for _, path := range reduced {
				out, err := run(p.parse, path)
				assert.NoError(t, err, "%s: %s", path, out)
			}
			broken := filepath.Join(dir, "broken.cdef")
			require.NoError(t, os.WriteFile(broken, []byte("int f(;\n"), 0o644))
			_, err := run(p.parse, broken)
			assert.Error(t, err, "a parser that reads everything would prove nothing")
		})
	}
}

func TestReduce(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return path
	}
	write("base.h", "#ifndef B\n#define B\n#include <stdint.h>\n#define PUBLIC __attribute__((visibility(\"default\")))\ntypedef int32_t status;\n#endif\n")
	path := write("top.h", `#ifndef T
#define T
#include "base.h"
#include "./base.h"
#ifdef __cplusplus
extern "C" {
#endif
/* A comment
 * of two lines. */
#define LIMIT 0x10u // bytes
#define NEGATIVE -3
#define NAME "not /* a */ number"
#define KIND(s) \
    ((s) & 0xff)
PUBLIC status f(char *out /* the caller's */);
#ifdef __cplusplus
}
#endif
#endif
`)
	text, err := cdef.Reduce(path)
	require.NoError(t, err)
	assert.Equal(t, `/* top.h, reduced by hotso cdef; DO NOT EDIT. */
typedef int32_t status;

enum { LIMIT = 0x10 };
enum { NEGATIVE = -3 };
status f(char *out  );
`, text)

	for what, c := range map[string]struct{ text, message string }{
		"a condition":     {"\n#if defined(X)\nint x;\n#endif\n", "bad.h:2: #if defined(X)"},
		"an open one":     {"#ifndef X\n", "it has no #endif"},
		"an alternative":  {"#ifndef X\nint x;\n#else\nint y;\n#endif\n", "bad.h:3: #else"},
		"another defined": {"#ifdef X\n#endif\n", "bad.h:1: #ifdef X"},
	} {
		_, err := cdef.Reduce(write("bad.h", c.text))
		assert.ErrorIs(t, err, cdef.ErrHeader, what)
		assert.ErrorContains(t, err, c.message, what)
	}
	_, err = cdef.Reduce(write("bad.h", "#include \"none.h\"\n"))
	assert.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorContains(t, err, "bad.h:1")
}
