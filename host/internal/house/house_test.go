package house

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/hotso/hotso/"

type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

// list runs go list on the packages, with cgo, so that those of libraries have
// all their files.
func list(t *testing.T, patterns ...string) []pkg {
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,Deps"}, patterns...)...)
	cmd.Dir = filepath.Join("..", "..", "..")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		err := dec.Decode(&p)
		if err == io.EOF {
			return all
		}
		require.NoError(t, err)
		p.ImportPath = strings.TrimPrefix(p.ImportPath, module)
		all = append(all, p)
	}
}

// ours returns those of paths that are of this module, without its path.
func ours(paths []string) (list []string) {
	for _, p := range paths {
		if rest, ok := strings.CutPrefix(p, module); ok {
			list = append(list, rest)
		}
	}
	return list
}

func TestLibrariesKnowNoHost(t *testing.T) {
	libs, err := filepath.Glob("../../../testdata/libs/*/*.go")
	require.NoError(t, err)
	patterns := []string{"./libgreeter", "./cabi/..."}
	seen := map[string]bool{}
	for _, f := range libs {
		dir := filepath.Dir(f)
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil || seen[dir] {
			continue // a module of its own
		}
		seen[dir] = true
		patterns = append(patterns, "./testdata/libs/"+filepath.Base(dir))
	}
	for _, p := range list(t, patterns...) {
		for _, dep := range ours(p.Deps) {
			assert.False(t, dep == "host" || strings.HasPrefix(dep, "host/"), "%s links %s", p.ImportPath, dep)
		}
	}
}

func TestCabiImportsOnlyABI(t *testing.T) {
	for _, p := range list(t, "./cabi", "./cabi/abi") {
		assert.Subset(t, []string{"cabi/abi", "cabi/abi/kept", "cabi/abi/wire", "include"}, ours(p.Imports), p.ImportPath)
	}
}

// Hosts and libraries both link it.
func TestContractImportsNothingOfOurs(t *testing.T) {
	for _, p := range list(t, "./contract") {
		assert.Empty(t, ours(p.Deps))
		assert.NotContains(t, p.Deps, "encoding/json")
	}
}

func TestHostLinksNoLibraryCode(t *testing.T) {
	for _, p := range list(t, "./host/...") {
		deps := ours(p.Deps)
		assert.NotContains(t, deps, "cabi", "%s links the shim", p.ImportPath)
		if p.ImportPath == "host" || p.ImportPath == "host/watch" {
			for _, dep := range p.Deps {
				assert.NotContains(t, dep, "cobra", "%s must stay light", p.ImportPath)
				assert.NotContains(t, dep, "testify", "%s must stay light", p.ImportPath)
			}
		}
	}
}

func TestOnlyDLImportsPurego(t *testing.T) {
	for _, p := range list(t, "./...") {
		for _, imp := range p.Imports {
			if strings.HasPrefix(imp, "github.com/ebitengine/purego") {
				assert.Equal(t, "host/internal/dl", p.ImportPath)
			}
		}
	}
}

func TestInternalDoesNotImportHost(t *testing.T) {
	for _, p := range list(t, "./host/internal/...") {
		for _, imp := range ours(p.Imports) {
			assert.NotEqual(t, "host", imp, "%s: the direction is host -> host/internal", p.ImportPath)
		}
	}
}
