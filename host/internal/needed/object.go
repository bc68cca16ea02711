package needed

import (
	"debug/elf"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/hotso/hotso/host/internal/elfimage"
)

// An Object is what a shared object says of what it needs.
type Object struct {
	Path    string // of its file, for $ORIGIN
	SoName  string
	Needed  []string
	RPath   string // DT_RPATH
	RunPath string // DT_RUNPATH

	starts bool    // it may start threads
	system bool    // found in one of the system's directories
	by     *Object // that needs it; nil for the library itself
}

// ObjectOf is what a parsed file says; path is where it is or will be.
func ObjectOf(path string, spec *elfimage.Spec) *Object {
	return &Object{Path: path, SoName: spec.SoName, Needed: spec.Needed, RPath: spec.RPath, RunPath: spec.RunPath}
}

// readSystemObject reads a file of the system's. debug/elf would take a hostile one by its
// word, but it reads the few with an interpreter, too, such as libc.so.6.
func readSystemObject(path string) (*Object, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	o := &Object{Path: path, system: true}
	if o.Needed, err = f.DynString(elf.DT_NEEDED); err != nil {
		return nil, err
	}
	for tag, to := range map[elf.DynTag]*string{elf.DT_RPATH: &o.RPath, elf.DT_RUNPATH: &o.RunPath} {
		text, err := f.DynString(tag)
		if err != nil {
			return nil, err
		}
		if len(text) > 0 {
			*to = text[len(text)-1]
		}
	}
	return o, nil
}

// dirs are those of a path of directories, as it is in DT_RUNPATH or LD_LIBRARY_PATH. What
// has another variable than $ORIGIN in it is left out, and so is an empty one: the working
// directory is nobody's to rely on.
func (o *Object) dirs(path, separators string) (dirs []string) {
	if path == "" {
		return nil
	}
	origin := filepath.Dir(o.Path)
	if abs, err := filepath.Abs(o.Path); err == nil {
		origin = filepath.Dir(abs)
	}
	for _, dir := range strings.FieldsFunc(path, func(c rune) bool { return strings.ContainsRune(separators, c) }) {
		dir = strings.NewReplacer("${ORIGIN}", origin, "$ORIGIN", origin).Replace(dir)
		if !strings.Contains(dir, "$") {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// maxFile bounds what is read as a shared object, in bytes.
const maxFile = 1 << 30

// openRegular opens a file without waiting for the other end of a FIFO.
func openRegular(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = errors.New("it is no regular file")
	case info.Size() > maxFile:
		err = errors.New("it is larger than 1 GiB")
	default:
		return f, nil
	}
	return nil, errors.Join(err, f.Close())
}
