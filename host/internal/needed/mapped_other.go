//go:build !unix

package needed

import (
	"debug/elf"
	"errors"
	"os"

	"github.com/hotso/hotso/host/internal/elfimage"
)

// parseMapped parses nothing: nothing is loaded here.
func parseMapped(*os.File, int64, elf.Machine, func(*elfimage.Spec) error) error {
	return errors.ErrUnsupported
}
