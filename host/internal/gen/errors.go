package gen

import (
	"errors"
	"fmt"
	"go/token"
	"path/filepath"
)

// Why nothing is generated, one for each reason that a caller can act on. An
// error names file, line and column, and there is one for every place.
var (
	ErrUnsupportedType = errors.New("unsupported type") // a parameter or result that can't cross
	ErrDirective       = errors.New("bad directive")    // a //hotso: line that can't be followed
	ErrName            = errors.New("bad name")         // two things with one name, or a name that is taken
	ErrNothing         = errors.New("nothing to export")
	ErrLanguage        = errors.New("no client for that language")
	ErrGo              = errors.New("the go command failed")
)

// fail notes an error; generating goes on to find the others.
func (l *library) fail(pos token.Pos, reason error, format string, args ...any) {
	l.errs = append(l.errs, fmt.Errorf("%s: %w: %s", l.position(pos), reason, fmt.Sprintf(format, args...)))
}

// position gives the file's name relative to where the command runs.
func (l *library) position(pos token.Pos) token.Position {
	p := l.fset.Position(pos)
	if rel, err := filepath.Rel(l.from, p.Filename); err == nil && filepath.IsLocal(rel) {
		p.Filename = rel
	}
	return p
}
