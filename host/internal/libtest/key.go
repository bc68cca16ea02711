package libtest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/hotso/hotso/host/internal/libbuild"
)

// sources are what every library is built from and with, besides its own
// directory; a test compares them with what go list says.
var sources = []string{
	"go.mod", "go.sum", "cabi", "include", "contract", "testdata/contracts", "testdata/libs/internal", "examples",
	"host/internal/libbuild", "host/internal/libtest", "host/internal/elfimage", "host/internal/version",
	"host/internal/needed", "host/internal/private", "host/internal/dl", "host/internal/rank",
	"host/internal/leftover", "host/internal/proc", "host/internal/schema",
}

// environment is what else the compilers look at.
var environment = []string{
	"GOOS", "GOARCH", "GOFLAGS", "GOEXPERIMENT", "GOAMD64", "GOARM64",
	"CC", "CXX", "CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS",
}

// sourcesDigest is a digest of sources, for contentKey.
func sourcesDigest(root string) ([]byte, error) {
	h := sha256.New()
	for _, source := range sources {
		if err := addFiles(h, root, filepath.Join(root, source)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return h.Sum(nil), nil
}

// contentKey is a digest of everything that a library is built from: not its name and
// version, see stamp.
func contentKey(root string, sources []byte, o libbuild.Options) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%q %q %q\n", runtime.Version(), o.LDFlags, o.Tags, o.Env)
	fmt.Fprintln(h, o.Strip, o.Race, o.Shared)
	addEnvironment(h)
	h.Write(sources)
	seen := root
	if name, err := filepath.Rel(root, o.Dir); err != nil || !filepath.IsLocal(name) {
		seen = o.Dir // a test's own directory, which is another one each time
	}
	if err := addFiles(h, seen, o.Dir); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

func addEnvironment(h io.Writer) {
	for _, name := range environment {
		fmt.Fprintf(h, "%s=%q\n", name, os.Getenv(name))
	}
}

// addFiles writes the names, as seen from root, and the contents of the source
// files of a tree to h. So two checkouts with the same sources share their libraries.
func addFiles(h io.Writer, root, tree string) error {
	return filepath.WalkDir(tree, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !isSource(path) {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%s %d\n", name, len(data))
		_, err = h.Write(data)
		return err
	})
}

func isSource(path string) bool {
	return slices.Contains([]string{".go", ".c", ".h", ".cpp", ".hpp", ".s", ".S", ".mod", ".sum"}, filepath.Ext(path)) &&
		!strings.HasSuffix(path, "_test.go")
}
