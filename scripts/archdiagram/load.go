package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/doc"
	"io"
	"os"
	"os/exec"
	"strings"
)

const module = "github.com/hotso/hotso/"

// A pkg is a package as go list has it; paths are within the module.
type pkg struct {
	ImportPath string
	Doc        string // its first sentence
	Imports    []string
}

// helpers are packages that only tests and builds of this project use.
var helpers = []string{"host/internal/house", "host/internal/libtest", "host/internal/modeltest", "host/internal/registrytest",
	"host/internal/plugintest", "host/internal/languagetest", "host/internal/webtest", "host/internal/sigdispatch/sigtest", "scripts/", "testdata/", "libgreeter/examples"}

// load returns the packages that hotso is made of.
func load(root string) (list []pkg, err error) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Doc,Imports", "./...")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1", "GOOS=linux", "GOARCH=amd64", "GOFLAGS=")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, &stderr)
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, err
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, module)
		if helper(p.ImportPath) {
			continue
		}
		p.Doc = synopsis(p)
		imports := p.Imports[:0]
		for _, i := range p.Imports {
			if i, ours := strings.CutPrefix(i, module); ours && !helper(i) {
				imports = append(imports, i)
			}
		}
		p.Imports = imports
		list = append(list, p)
	}
}

func helper(path string) bool {
	for _, h := range helpers {
		if path == strings.TrimSuffix(h, "/") || strings.HasPrefix(path, strings.TrimSuffix(h, "/")+"/") {
			return true
		}
	}
	return false
}

// synopsis says what a package does, without saying that it is one.
func synopsis(p pkg) string {
	text := new(doc.Package).Synopsis(p.Doc)
	words := strings.SplitN(text, " ", 3)
	if len(words) == 3 && (words[0] == "Package" || words[0] == "Command") {
		text = words[2]
	}
	return strings.TrimSuffix(text, ".")
}
