package elfimage

import (
	"errors"
	"fmt"
)

// One sentinel for each reason that a caller can act on. Every error of this
// package wraps one of them and says what was found and where; the caller
// adds the file's name.
var (
	// ErrNotELF: some other kind of file, or an empty one.
	ErrNotELF = errors.New("not an ELF file")
	// ErrNotShared: an ELF file that is not a shared library, such as an
	// executable, an object file or a core dump.
	ErrNotShared = errors.New("not a shared library")
	// ErrWrongMachine: built for another processor than the wanted one.
	ErrWrongMachine = errors.New("built for another machine")
	// ErrCorrupt: truncated, half-copied or damaged.
	ErrCorrupt = errors.New("corrupt ELF file")
	// ErrTLS: the library has initial-exec thread-local variables besides the
	// Go runtime's own, so its thread-local storage can't be redirected.
	ErrTLS = errors.New("thread-local storage can't be redirected")
	// ErrOwn: the object is not made as others are, so that there can't be a copy of it for one library.
	ErrOwn = errors.New("can't be one library's own")
	// ErrRange: a patch outside the bytes that the file holds for the image.
	ErrRange = errors.New("outside the bytes of the file")
)

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}
