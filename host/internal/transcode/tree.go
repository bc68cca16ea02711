package transcode

import (
	"slices"

	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/host/internal/schema"
)

// The kinds of errors in a tree, see docs/wire.md.
const (
	treeText     = 0
	treeSentinel = 1
	treeType     = 2
)

// standard are the names of the sentinels that every contract knows, of this version or a later one.
var standard = []string{
	"io.EOF", "io.ErrUnexpectedEOF", "io.ErrClosedPipe", "io.ErrNoProgress", "io.ErrShortBuffer", "io.ErrShortWrite",
	"fs.ErrInvalid", "fs.ErrPermission", "fs.ErrExist", "fs.ErrNotExist", "fs.ErrClosed",
	"context.Canceled", "context.DeadlineExceeded", "os.ErrNoDeadline", "os.ErrDeadlineExceeded", "os.ErrProcessDone",
	"errors.ErrUnsupported",
	"contract.ErrFrame", "contract.ErrCycle", "contract.ErrValue", "contract.ErrTooLarge", "contract.ErrNoImplementation", "contract.ErrGone",
}

// errorNames are the sentinels and error types of a contract by what stands for them.
func errorNames(s *schema.Schema) map[uint32]string {
	names := map[uint32]string{}
	for _, list := range [][]string{standard, s.Errors, s.ErrorTypes} {
		for _, name := range list {
			if name != "" && name[0] == '*' {
				name = name[1:]
			}
			names[contract.ID(name)] = name
		}
	}
	return names
}

// Errors returns the names of the sentinels and error types that an error of the implementation is or
// wraps, the outermost first, by what it brings along (host.CallError.Detail).
func (m *Method) Errors(detail []byte) (names []string) {
	left := contract.MaxErrors
	f := frame(detail)
	tree, err := f.inside()
	if err != nil {
		return nil
	}
	m.collect(tree, &left, &names)
	return names
}

// collect appends the names in a tree. Where it is damaged, it ends.
func (m *Method) collect(f frame, left *int, names *[]string) {
	if *left--; *left < 0 {
		return
	}
	id, hasID, _, err := treeHead(&f)
	if err != nil {
		return
	}
	if name := m.errors[id]; hasID && name != "" && !slices.Contains(*names, name) {
		*names = append(*names, name)
	}
	n, wrapped, err := f.list(4)
	if err != nil {
		return
	}
	for range n {
		inner, err := wrapped.inside()
		if err != nil || len(inner) == 0 {
			return
		}
		m.collect(inner, left, names)
	}
}

// treeHead reads a tree up to what it wraps.
func treeHead(f *frame) (id uint32, hasID bool, text frame, err error) {
	kind, err := f.take(1)
	if err != nil {
		return 0, false, nil, err
	}
	switch kind[0] {
	case treeText:
	case treeSentinel, treeType:
		hasID = true
		if id, err = f.uint32(); err == nil && kind[0] == treeType {
			_, err = f.inside()
		}
	default:
		err = damaged("an error of kind %d", kind[0])
	}
	if err != nil {
		return 0, false, nil, err
	}
	text, err = f.inside()
	return id, hasID, text, err
}

// treeMessage returns the text of an error that is a value.
func treeMessage(f frame) ([]byte, error) {
	_, _, text, err := treeHead(&f)
	return text, err
}
