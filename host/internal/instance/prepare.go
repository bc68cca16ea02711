package instance

import (
	"fmt"
	"os"
	"slices"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/image"
	"github.com/hotso/hotso/host/internal/native"
	"github.com/hotso/hotso/host/internal/private"
	"github.com/hotso/hotso/host/internal/stackcheck"
)

// borrow takes what the process lends to a library.
func (in *Instance) borrow(im *image.Image) error {
	imports, err := in.Target.OfferImports()
	if err != nil {
		return err
	}
	if in.resident = residentReason(im.Flags); in.resident == "" {
		if _, err := openCarrier(); err != nil {
			return err
		}
		if err := stackcheck.Ready(); err != nil {
			in.resident = err.Error()
		}
	}
	if in.resident != "" {
		if len(in.conf.Environ) > 0 {
			return errNoEnvironment
		}
		return nil
	}
	if in.attachment, err = attach(im, in.conf, imports); err != nil {
		return err
	}
	in.stays = native.Stays(im.ELF, im.Bytes)
	a := in.attachment
	in.crashMessage, in.edits = a.crashMessage, a.edits
	in.Target.Guard(a.entry.CrashWord(), a.slot.Offset()+abi.SlotRecord+abi.RecordJump, in.kill)
	text, span := im.ELF.Text, im.ELF.Span(uint64(os.Getpagesize()))
	in.extent = extent{span.Low - text.Low, span.High - text.Low}
	in.readOnly = im.ELF.ReadOnly(uint64(os.Getpagesize()))
	for i := range in.readOnly {
		in.readOnly[i].Vaddr -= span.Low
	}
	return nil
}

// copyImage makes the private copy.
func (in *Instance) copyImage(im *image.Image) (err error) {
	in.mapName = fmt.Sprintf("hotso:%s.v%s", in.Desc.Name, in.Desc.Version)
	if in.attachment != nil {
		// Ended on both sides: it is searched for, and 1 is a part of 12.
		in.mapName = fmt.Sprintf("hotso:%d:%s.v%s", in.attachment.id, in.Desc.Name, in.Desc.Version)
	}
	in.surveyNeeded(im)
	if in.needed != nil { // and loaded before it, so there is nothing to search
		p := elfimage.NewPatcher(im.ELF)
		p.ClearRunPath()
		in.edits = slices.Concat(in.edits, p.Edits())
	}
	if in.conf.OnDisk {
		in.copy, err = private.OnDisk(in.conf.TempDir, in.mapName, im.Bytes, in.edits)
		return err
	}
	n, cut := im.ELF.Loadable()
	in.copy, err = private.InMemory(in.mapName, im.Bytes[:n], slices.Concat(in.edits, cut))
	return err
}

// shareCopy has versions of equal files have their code in memory once, see
// private.Copy.Share. If that fails this one has its own: nothing else is lost.
func (in *Instance) shareCopy() {
	_ = in.copy.Share(in.sharedName(), in.Key, private.Parts(in.extent.Low, in.readOnly))
}

func (in *Instance) sharedName() string { return "hotso:" + in.Desc.Name + ".v" + in.Desc.Version }

// abandon keeps the library in the process for good, with what it borrowed.
func (in *Instance) abandon(why string) {
	in.Target.End.RuleOut()
	crashes.instances[in.attachment.slot.Index()].Store(nil)
	process.kept.Store(in.attachment.beginning, nil) // its runtime lives on
	if in.own != nil {
		process.kept.Store(in.own, nil) // the shim refers to it
	}
	in.attachment, in.resident = nil, why
}

// detach gives back what borrow took; nothing of the library is mapped.
func (in *Instance) detach() {
	in.Target.WithdrawImports()
	in.releaseBlock()
	if in.attachment != nil {
		// The entry's next user must not be taken for this one.
		in.Target.End.RuleOut()
		crashes.instances[in.attachment.slot.Index()].Store(nil)
		in.attachment.release()
		in.attachment = nil
	}
}
