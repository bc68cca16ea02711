package instance

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/image"
	"github.com/hotso/hotso/host/internal/needed"
	"github.com/hotso/hotso/host/internal/stackcheck"
)

// surveyNeeded looks at what the library brings along, and works out what follows for
// its private copy: its C++ statics are its own, but for those of a shared object that it needs.
// And what the report can't tell of.
func (in *Instance) surveyNeeded(im *image.Image) {
	all := needed.Survey(needed.ObjectOf(im.File, im.ELF), im.ELF.Machine)
	if in.needed == nil {
		in.ahead = needed.Ahead(all)
	}
	elsewhere, inProgram := map[string]bool{}, len(all) > 0 && stackcheck.InProgram()
	for _, s := range all {
		if inProgram {
			in.brings = append(in.brings, s.Name, filepath.Base(s.Path))
			if path, err := filepath.EvalSymlinks(s.Path); err == nil {
				in.brings = append(in.brings, filepath.Base(path)) // as /proc/self/maps has it
			}
		}
		for _, name := range s.Unique {
			elsewhere[name] = true
		}
		if what := s.Makes(); len(what) > 0 {
			in.beside = append(in.beside, s.Name+": "+strings.Join(what, ", "))
		}
	}
	p := elfimage.NewPatcher(im.ELF)
	p.ClearUnique(func(name string) bool { return elsewhere[name] })
	in.edits = slices.Concat(in.edits, p.Edits())
}
