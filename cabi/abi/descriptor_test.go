package abi

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unstamped is a descriptor as the linker writes it, with a byte after it.
func unstamped() []byte {
	b := make([]byte, DescriptorSize+1)
	copy(b, Magic)
	b[DescriptorABI] = Version
	b[DescriptorFlags] = FlagUnload
	b[DescriptorSize] = 0xaa
	return b
}

func TestStampAndDecode(t *testing.T) {
	b := unstamped()
	d, err := DecodeDescriptor(b)
	require.NoError(t, err)
	assert.Equal(t, Descriptor{ABI: Version, Flags: FlagUnload}, d)

	longest := strings.Repeat("x", MaxName)
	for _, want := range []Descriptor{
		{Version, FlagUnload, longest, longest},
		{Version, FlagUnload, "größer", "2.1.0"}, // shorter: nothing of the longer one stays
	} {
		require.NoError(t, Stamp(b, want.Name, want.Version))
		d, err = DecodeDescriptor(b)
		require.NoError(t, err)
		assert.Equal(t, want, d)
	}
	assert.EqualValues(t, 0xaa, b[DescriptorSize], "the byte behind it")
	assert.Equal(t, make([]byte, 59), b[DescriptorVersion+len("2.1.0"):DescriptorSize], "the rest of the field")
}

func TestStampRefuses(t *testing.T) {
	tooLong := strings.Repeat("x", MaxName+1)
	for _, bad := range []string{"", tooLong, "a\x00b", "\xff"} {
		b := unstamped()
		assert.Error(t, Stamp(b, bad, "1"), "name %q", bad)
		assert.Error(t, Stamp(b, "greeter", bad), "version %q", bad)
		assert.Equal(t, unstamped(), b, "left as it was")
	}
	assert.Error(t, Stamp(make([]byte, DescriptorSize), "greeter", "1"), "no magic")
	assert.Error(t, Stamp(nil, "greeter", "1"))
}

func TestDecodeDescriptorRefuses(t *testing.T) {
	_, err := DecodeDescriptor(unstamped()[:DescriptorSize-1])
	assert.ErrorContains(t, err, "143 bytes")

	b := unstamped()
	b[7] = 2
	_, err = DecodeDescriptor(b)
	assert.ErrorContains(t, err, "begins with")

	for _, field := range []int{DescriptorName, DescriptorVersion} {
		b = unstamped()
		copy(b[field:], strings.Repeat("x", MaxName+1))
		_, err = DecodeDescriptor(b)
		assert.ErrorContains(t, err, "no NUL")
	}
}
