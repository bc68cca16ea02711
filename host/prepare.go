package host

import (
	"fmt"
	"os"
	"slices"
	"sync/atomic"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/private"
)

// prepare does what can be done for a load before it is known whether the image is
// what was sealed: it makes the private copy and takes what the library will borrow.
// Nothing is mapped and nothing runs. What goes wrong is told by open, which comes
// when all of the verdict is in; if it is against the file, forget comes instead.
func (c *config) prepare(d *Description) *Library {
	l := &Library{Description: d, conf: c}
	l.bound.Store(&[]*function{})
	l.deathWord = new(atomic.Uint32)
	l.death.known, l.death.settled = make(chan struct{}), make(chan struct{})
	l.opened = make(chan struct{})
	if l.unprepared = l.borrow(); l.unprepared == nil {
		l.unprepared = l.copyImage()
	}
	// The copy has the bytes; don't keep them on the heap.
	l.image, l.ELF = nil, nil
	return l
}

// forget lets go what prepare took; nothing of the library is mapped. l may be nil.
func (l *Library) forget() {
	if l == nil {
		return
	}
	if l.copy != nil {
		_ = l.copy.Close()
	}
	l.detach()
}

// borrow takes what the process lends to a library.
func (l *Library) borrow() (err error) {
	if err := l.offerServices(); err != nil {
		return err
	}
	if l.resident = residentReason(l.Description); l.resident != "" {
		return nil
	}
	if l.attachment, err = attach(l.Description, l.offer); err != nil {
		return err
	}
	l.crashMessage, l.edits = l.attachment.crashMessage, l.attachment.edits
	l.deathWord = l.attachment.entry.CrashWord()
	l.jump = l.attachment.slot.Offset() + abi.SlotRecord + abi.RecordJump
	text, span := l.ELF.Text, l.ELF.Span(uint64(os.Getpagesize()))
	l.extent = extent{span.Low - text.Low, span.High - text.Low}
	return nil
}

// copyImage makes the private copy.
func (l *Library) copyImage() (err error) {
	l.mapName = fmt.Sprintf("hotso:%s.v%s", l.Name(), l.Version())
	if l.attachment != nil {
		// Ended on both sides: it is searched for, and 1 is a part of 12.
		l.mapName = fmt.Sprintf("hotso:%d:%s.v%s", l.attachment.id, l.Name(), l.Version())
	}
	if l.conf.onDisk {
		l.copy, err = private.OnDisk(l.conf.tempDir, l.mapName, l.image, l.edits)
		return err
	}
	n, cut := l.ELF.Loadable()
	l.copy, err = private.InMemory(l.mapName, l.image[:n], slices.Concat(l.edits, cut))
	return err
}
