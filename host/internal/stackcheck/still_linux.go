//go:build amd64 || arm64

package stackcheck

import (
	"maps"
	"sync/atomic"

	"github.com/hotso/hotso/host/internal/proc"
)

// A Still says, by id, how often threads had left a processor at one moment. One that has not run
// since before a library was loaded can't come back to it, whatever is on its stack: an idle
// thread of libgomp may have addresses there, of a library that is gone, for as long as it is
// idle, and a later library may be mapped at the same place.
//
// The time that a thread has run would do, too, but kernels without CONFIG_SCHED_INFO don't tell.
type Still map[int]left

type left struct {
	inode    uint64
	switches uint64
}

// remembered bounds how many threads are, as each costs a load the reading of a file.
const remembered = 64

// looked is what the last look has left, for others than who looks.
var looked atomic.Pointer[look]

type look struct {
	accounted map[int]uint64
	met       map[int]stranger
}

// StandingStill notes how often the threads have left a processor that are not accounted
// for, those first that were met before. It may be called at any time. It is of use for a library of which
// nothing is mapped yet.
func StandingStill() Still {
	InProgram() // as long as no library is mapped
	last := looked.Load()
	if last == nil {
		last = new(look)
	}
	still, others := Still{}, map[int]uint64{}
	note := func(id int, inode uint64) {
		if n := proc.Switches(id); n != 0 && len(still) < remembered {
			still[id] = left{inode, n}
		}
	}
	_ = proc.Tasks(0, func(id int, inode uint64) { // without it nobody is known to stand still
		if last.accounted[id] != inode {
			others[id] = inode
		}
	})
	for id, s := range last.met {
		if others[id] == s.inode {
			note(id, s.inode)
			delete(others, id)
		}
	}
	for id, inode := range others {
		if len(still) == remembered {
			break
		}
		note(id, inode)
	}
	return still
}

// still reports whether a thread that was just seen to wait has not run since. One that waits
// has left its processor since it last ran.
func (s Still) still(id int, inode uint64) bool {
	before, ok := s[id]
	return ok && before.inode == inode && proc.Switches(id) == before.switches
}

// waits is still for a thread of which nothing was seen yet.
func (s Still) waits(id int, inode uint64) bool {
	return s[id].inode == inode && proc.ThreadByID(id).PC != 0 && s.still(id, inode)
}

// publish tells StandingStill what is known. Who looks goes on to write to its own maps.
func publish() { looked.Store(&look{maps.Clone(accounted), maps.Clone(met)}) }
