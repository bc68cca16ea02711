package gen

import (
	"fmt"
	"go/build"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
)

// A leftOut is a directive in a file that the build's constraints exclude.
type leftOut struct {
	pos     token.Pos
	export  string // name, or
	pattern string // of a //hotso:package
}

// readLeftOut notes the directives in files that this build leaves out, except in
// files for another system or processor.
func (l *library) readLeftOut(p goPackage, tags []string) {
	for _, name := range p.IgnoredGoFiles {
		file, err := parser.ParseFile(l.fset, filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			continue // nobody compiles it
		}
		own := &library{fset: l.fset, from: l.from}
		exports := own.directives(file, p.Name == "main")
		if len(exports)+len(own.packages) == 0 || forAnotherPlatform(p.Dir, name, tags) {
			continue
		}
		for _, e := range exports {
			l.leftOut = append(l.leftOut, leftOut{pos: e.decl.Name.Pos(), export: e.exportName()})
		}
		for _, d := range own.packages {
			l.leftOut = append(l.leftOut, leftOut{pos: d.pos, pattern: d.args[0]})
		}
	}
}

// forAnotherPlatform reports whether a file that this build leaves out would be in the
// build for some other platform, with the same tags.
func forAnotherPlatform(dir, name string, tags []string) bool {
	c := build.Default
	c.CgoEnabled, c.BuildTags = true, tags
	for _, c.GOOS = range systems {
		for _, c.GOARCH = range processors {
			if in, err := c.MatchFile(dir, name); err == nil && in {
				return true
			}
		}
	}
	return false
}

var (
	systems = strings.Fields(`aix android darwin dragonfly freebsd illumos ios js linux netbsd openbsd plan9 solaris
		wasip1 windows`)
	processors = strings.Fields(`386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x
		wasm`)
)

// notesOfLeftOut reports what was left out and has no counterpart in this build.
func (l *library) notesOfLeftOut() (notes []string) {
	for _, o := range l.leftOut {
		what := "//hotso:package " + o.pattern + " is not followed"
		if o.export != "" {
			what = o.export + " is not exported"
		}
		if slices.Contains(l.exports, o.export) ||
			slices.ContainsFunc(l.packages, func(d directive) bool { return d.args[0] == o.pattern }) {
			continue
		}
		notes = append(notes, fmt.Sprintf("%s: %s: this build leaves its file out (see --tags)", l.position(o.pos), what))
	}
	return notes
}

// exportName is the name that e is exported under.
func (e export) exportName() string {
	if e.name != "" {
		return e.name
	}
	return upperFirst(e.decl.Name.Name)
}
