package needed

import (
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"

	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/private"
)

// copyOf reads a shared object once, into a private copy without its run path, and
// returns what it says. accept judges the digest of what was read before anything else is
// made of it. The file is never on the heap.
func copyOf(path, name string, machine elf.Machine, accept func(digest string) error) (*private.Copy, *Object, error) {
	src, err := openRegular(path)
	if err != nil {
		return nil, nil, err
	}
	defer src.Close()
	var o *Object
	c, err := private.Filled("hotso:"+filepath.Base(name), func(f *os.File) error {
		sum := sha256.New()
		n, err := io.Copy(io.MultiWriter(f, sum), io.LimitReader(src, maxFile))
		if err != nil {
			return err
		}
		if err := accept(hex.EncodeToString(sum.Sum(nil))); err != nil {
			return err
		}
		return parseMapped(f, n, machine, func(spec *elfimage.Spec) error {
			o = ObjectOf(path, spec)
			o.starts = facts{Imports: spec.Imports()}.Starts()
			p := elfimage.NewPatcher(spec)
			p.ClearRunPath()
			return private.Edit(f, n, p.Edits())
		})
	})
	return c, o, err
}
