package image

import (
	"errors"

	"github.com/hotso/hotso/host/internal/needed"
	"github.com/hotso/hotso/host/life"
)

// checkNeeded judges what d brings into the process besides itself, if keys are trusted.
// The manifest was signed with one of them.
func (p *Policy) checkNeeded(d *Image) (reason, cause error, advice string) {
	if !p.Signed {
		return nil, nil, ""
	}
	recorded := func(name string) (string, bool) {
		l, ok := d.Manifest.Library(name)
		return l.SHA256, ok
	}
	set, err := needed.Find(needed.ObjectOf(d.File, d.ELF), d.ELF.Machine, recorded)
	if err != nil {
		return life.ErrNeeded, err, adviceOf(err)
	}
	d.Needed = set
	return nil, nil, ""
}

func adviceOf(err error) string {
	var p *needed.Problem
	if errors.As(err, &p) {
		return p.Advice
	}
	return "get it again"
}
