package instance

import (
	"fmt"
	"os"
	"slices"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/image"
	"github.com/hotso/hotso/host/internal/private"
)

// borrow takes what the process lends to a library.
func (in *Instance) borrow(im *image.Image) error {
	imports, err := in.Target.OfferImports()
	if err != nil {
		return err
	}
	if in.resident = residentReason(im.Flags); in.resident != "" {
		return nil
	}
	if in.attachment, err = attach(im, imports); err != nil {
		return err
	}
	a := in.attachment
	in.crashMessage, in.edits = a.crashMessage, a.edits
	in.Target.Guard(a.entry.CrashWord(), a.slot.Offset()+abi.SlotRecord+abi.RecordJump, in.kill)
	text, span := im.ELF.Text, im.ELF.Span(uint64(os.Getpagesize()))
	in.extent = extent{span.Low - text.Low, span.High - text.Low}
	return nil
}

// copyImage makes the private copy.
func (in *Instance) copyImage(im *image.Image) (err error) {
	in.mapName = fmt.Sprintf("hotso:%s.v%s", in.Desc.Name, in.Desc.Version)
	if in.attachment != nil {
		// Ended on both sides: it is searched for, and 1 is a part of 12.
		in.mapName = fmt.Sprintf("hotso:%d:%s.v%s", in.attachment.id, in.Desc.Name, in.Desc.Version)
	}
	if in.conf.OnDisk {
		in.copy, err = private.OnDisk(in.conf.TempDir, in.mapName, im.Bytes, in.edits)
		return err
	}
	n, cut := im.ELF.Loadable()
	in.copy, err = private.InMemory(in.mapName, im.Bytes[:n], slices.Concat(in.edits, cut))
	return err
}

// abandon keeps the library in the process for good, with what it borrowed.
func (in *Instance) abandon(why string) {
	in.Target.End.RuleOut()
	crashes.instances[in.attachment.slot.Index()].Store(nil)
	in.attachment, in.resident = nil, why
}

// detach gives back what borrow took; nothing of the library is mapped.
func (in *Instance) detach() {
	in.Target.WithdrawImports()
	if in.attachment != nil {
		// The entry's next user must not be taken for this one.
		in.Target.End.RuleOut()
		crashes.instances[in.attachment.slot.Index()].Store(nil)
		in.attachment.release()
		in.attachment = nil
	}
}
