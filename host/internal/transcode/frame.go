package transcode

import (
	"encoding/binary"
	"fmt"

	"github.com/hotso/hotso/contract"
)

// A frame is what is left to read of a value on the wire.
type frame []byte

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", contract.ErrFrame, fmt.Sprintf(format, args...))
}

// take reads n bytes.
func (f *frame) take(n uint64) (frame, error) {
	if n > uint64(len(*f)) {
		return nil, damaged("a value of %d bytes, where there are %d", n, len(*f))
	}
	b := (*f)[:n]
	*f = (*f)[n:]
	return b, nil
}

func (f *frame) uint32() (uint32, error) {
	b, err := f.take(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

// inside reads a length, and returns as many bytes.
func (f *frame) inside() (frame, error) {
	n, err := f.uint32()
	if err != nil {
		return nil, err
	}
	return f.take(uint64(n))
}

// list reads the length and the count of a list, and returns its elements, each of which takes at
// least least bytes. It is nil if the list is.
func (f *frame) list(least int) (count int, elements frame, err error) {
	elements, err = f.inside()
	if err != nil || len(elements) == 0 {
		return 0, nil, err
	}
	n, err := elements.uint32()
	if err != nil {
		return 0, nil, err
	}
	if uint64(n)*uint64(least) > uint64(len(elements)) {
		return 0, nil, damaged("%d elements in %d bytes", n, len(elements))
	}
	return int(n), elements, nil
}

// end wants nothing to be left.
func (f frame) end() error {
	if len(f) > 0 {
		return damaged("%d bytes more than a value has", len(f))
	}
	return nil
}

// of reads a value of k as it is.
func (f *frame) of(k *codec) (frame, error) {
	if k.width > 0 {
		return f.take(uint64(k.width))
	}
	before := *f
	inside, err := f.inside()
	if err != nil {
		return nil, err
	}
	return before[:4+len(inside)], nil
}

// skip passes over a field whose tag is not known.
func (f *frame) skip(tag uint32) error {
	const widthMask = 7
	var err error
	switch width := tag & widthMask; {
	case width == contract.WidthLength:
		_, err = f.inside()
	case width < contract.WidthLength:
		_, err = f.take(1 << width)
	default:
		err = damaged("a field of width %d", width)
	}
	return err
}

// least is how many bytes a value of k takes at least.
func (k *codec) least() int {
	if k.width > 0 {
		return k.width
	}
	return 4
}
