package instance

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/dl"
	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/image"
	"github.com/hotso/hotso/host/internal/native"
	"github.com/hotso/hotso/host/internal/needed"
	"github.com/hotso/hotso/host/internal/stackcheck"
)

// surveyNeeded looks at what the library brings along, and works out what follows for
// its private copy: what it needs copies of for itself; its C++ statics are its own, but for those of a shared object
// that it needs. And what the report can't tell of.
func (in *Instance) surveyNeeded(im *image.Image) {
	all := needed.Survey(needed.ObjectOf(im.File, im.ELF), im.ELF.Machine)
	in.ownNeeded(im, all)
	if in.needed == nil {
		in.ahead = needed.Ahead(all)
	}
	in.needed.Leave(in.own)
	in.ahead.Leave(in.own)
	elsewhere, inProgram := map[string]bool{}, len(all) > 0 && stackcheck.InProgram()
	for _, s := range all {
		if inProgram && !in.own.Has(s.Name) {
			in.brings = append(in.brings, s.Name, filepath.Base(s.Path))
			if path, err := filepath.EvalSymlinks(s.Path); err == nil {
				in.brings = append(in.brings, filepath.Base(path)) // as /proc/self/maps has it
			}
		}
		for _, name := range s.Unique {
			elsewhere[name] = true
		}
		if what := s.Makes(); len(what) > 0 && !in.own.Has(s.Name) {
			in.beside = append(in.beside, s.Name+": "+strings.Join(what, ", "))
		}
	}
	p := elfimage.NewPatcher(im.ELF)
	p.ClearUnique(func(name string) bool { return elsewhere[name] })
	in.edits = slices.Concat(in.edits, p.Edits())
}

// ownNeeded makes the copies of what the library is to have for itself. Without them, as when there is no room for
// thread-local storage of theirs, it has those of the process, as before.
func (in *Instance) ownNeeded(im *image.Image, all []needed.Shared) {
	if in.attachment == nil || interposed() || len(all) == 0 {
		return
	}
	objects, _ := needed.Ownable(im.ELF, all, needed.InProcess(), in.needed)
	if len(objects) == 0 {
		return
	}
	own, err := needed.MakeOwn(objects, im.ELF.Machine, in.mapName, native.Wraps(im.ELF, im.Bytes), in.lendBlock)
	p := elfimage.NewPatcher(im.ELF)
	if err == nil {
		err = own.Patch(im.ELF, p)
	}
	if err != nil {
		own.Close()
		in.releaseBlock()
		return
	}
	in.own, in.edits = own, slices.Concat(in.edits, p.Edits())
}

// interposed reports whether the program exports wrappers of a library's, as one that was linked with a library does. The
// dynamic linker would look there first for those that the copies call (ld.so(8): the global scope comes first). It is asked
// once, before the first library is loaded: later a constructor may keep its lock.
var interposed = sync.OnceValue(func() bool {
	_, err := dl.Global(abi.SymWrap + "pthread_create")
	return err == nil
})

func (in *Instance) lendBlock(size, align uint64) (offset int64, err error) {
	c, err := openCarrier()
	if err != nil {
		return 0, err
	}
	b, err := c.AcquireBlock(size, align)
	if err != nil {
		return 0, err
	}
	in.block = &b
	return b.Offset(), nil
}

func (in *Instance) releaseBlock() {
	if in.block != nil {
		in.block.Release()
		in.block = nil
	}
}
