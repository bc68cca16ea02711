// Package include_test checks that each header stands alone.
package include_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHeadersCompileAlone(t *testing.T) {
	headers, err := filepath.Glob("*.h")
	require.NoError(t, err)
	require.NotEmpty(t, headers)
	for _, language := range []struct{ name, variable, standard string }{
		{"c", "CC", "c99"},
		{"c++", "CXX", "c++17"},
	} {
		t.Run(language.standard, func(t *testing.T) {
			compiler := compiler(t, language.variable)
			headers := headers
			if language.name == "c++" {
				headers = append(headers, "hotso.hpp")
			}
			for _, header := range headers {
				args := append(compiler, "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-pedantic",
					"-std="+language.standard, "-x", language.name, header)
				out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
				assert.NoError(t, err, "%s:\n%s", header, out)
			}
		})
	}
}

// compiler is the command that cgo uses: $CC or $CXX, or Go's default.
func compiler(t *testing.T, variable string) []string {
	out, err := exec.Command("go", "env", variable).Output()
	require.NoError(t, err)
	command := strings.Fields(string(out))
	if _, err := exec.LookPath(command[0]); err != nil {
		t.Skip("no compiler for "+variable+" on this machine: ", err)
	}
	return command
}
