package invoke

import (
	"errors"
	"fmt"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/wire"
	"github.com/hotso/hotso/host/life"
)

// CallLent calls the function behind a handle that [Import.Lend] has returned, as a library does: with
// arguments and a result as package wire has them. For a builtin.
func CallLent(handle uint64, types *wire.Func, args []byte) (result []byte, err error) {
	found, ok := importTables.Load(handle >> importBits << importBits)
	if !ok {
		return nil, fmt.Errorf("%w: the host lends the function no longer", life.ErrClosed)
	}
	imp := found.(*importTable).imports[0]
	if imp.types.Signature != types.Signature {
		return nil, fmt.Errorf("%w: it is %s, called as %s", life.ErrSignature, imp.types.Signature, types.Signature)
	}
	result, kind := apart(imp.call, nil, args, nil)
	if kind != abi.OK {
		return nil, errors.New(string(result))
	}
	return result, nil
}
