package instance

import (
	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/image"
	"github.com/hotso/hotso/host/internal/needed"
	"github.com/hotso/hotso/host/internal/private"
	"github.com/hotso/hotso/host/life"
)

// A Spare is a version that can be loaded again from its private copy, whatever became
// of its file.
type Spare struct {
	Desc  life.Description
	Key   string
	flags uint32
	copy  *private.Copy
	edits []elfimage.Edit

	needed *needed.Set

	Builtin *Builtin // instead of a copy
}

// Spare keeps what is needed to load the version again; nil if it is gone. Its owner
// closes it.
func (in *Instance) Spare() *Spare {
	if in.builtin != nil {
		return in.builtin.Spare(in.Desc.Name)
	}
	if in.copy == nil || !in.copy.Retain() {
		return nil
	}
	return &Spare{Desc: *in.Desc, Key: in.Key, flags: in.flags, copy: in.copy, edits: in.edits, needed: in.needed.Spare()}
}

// Again is another of the same; nil if s is closed.
func (s *Spare) Again() *Spare {
	if s.Builtin != nil {
		return s
	}
	if !s.copy.Retain() {
		return nil
	}
	again := *s
	again.needed = s.needed.Spare()
	return &again
}

// Close lets the copy go. s may be nil.
func (s *Spare) Close() {
	if s != nil && s.Builtin == nil {
		_ = s.copy.Close()
		s.needed.Close()
	}
}

// Image reads the version, into a scratch buffer, as it was before it was patched. It
// was verified when it was loaded first.
func (s *Spare) Image(scratch *image.Scratch) (*image.Image, error) {
	b, err := s.copy.Bytes(scratch.Alloc)
	if err != nil {
		return nil, err
	}
	elfimage.Undo(b, s.edits)
	im := &image.Image{Description: s.Desc, Flags: s.flags, Bytes: b, Needed: s.needed.Spare()}
	im.ELF, err = elfimage.Parse(b)
	return im, err
}
