package contract

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is borrowed is the frame itself; without that it is a copy.
func TestBorrow(t *testing.T) {
	var e Encoder
	e.String("text")
	e.ByteSlice([]byte("bytes"))
	for _, borrowed := range []bool{false, true} {
		frame := append([]byte(nil), e.Bytes()...)
		d := newDecoder(frame)
		if borrowed {
			d.Borrow()
		}
		text, b := d.String(), d.ByteSlice()
		require.NoError(t, d.Done())
		assert.Equal(t, len(b), cap(b), "to append to it writes nothing to the frame")
		for i := range frame {
			frame[i] = 'x'
		}
		want, wantBytes := "text", "bytes"
		if borrowed {
			want, wantBytes = "xxxx", "xxxxx"
		}
		assert.Equal(t, want, text)
		assert.Equal(t, wantBytes, string(b))
	}
	d := newDecoder(e.Bytes())
	d.Borrow()
	d.reset(e.Bytes())
	assert.False(t, d.lent, "it is for one frame")
}
