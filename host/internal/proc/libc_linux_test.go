package proc

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCheckLibc(t *testing.T) {
	there := func(string) (uintptr, error) { return 1, nil }
	none := func(string) (uintptr, error) { return 0, errors.New("undefined symbol") }
	const (
		glibc = "7f00-7f01 r-xp 00000000 08:01 17 /lib/x86_64-linux-gnu/libc.so.6\n7f03-7f04 r-xp 00000000 08:01 18 /lib64/ld-linux-x86-64.so.2\n"
		musl  = "7f00-7f01 r-xp 00000000 08:01 17 /lib/ld-musl-x86_64.so.1\n"
	)
	assert.NoError(t, checkLibc(glibc, there))
	for says, err := range map[string]error{
		"is musl (run it with glibc":   checkLibc(musl, none),
		"is musl (run it":              checkLibc(musl+"7f05-7f06 r-xp 00000000 08:01 17 /lib/libgcompat.so.0\n", there),
		"statically linked, or is not": checkLibc("00400000-00500000 r-xp 00000000 08:01 17 /app/server\n", none),
		"does not tell its version":    checkLibc(glibc, none),
	} {
		require.ErrorIs(t, err, errors.ErrUnsupported, says)
		assert.ErrorContains(t, err, says)
	}
}
