package instance

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/hotso/hotso/host/internal/proc"
	"github.com/hotso/hotso/host/internal/rank"
	"github.com/hotso/hotso/host/life"
)

// compareEvery is how often the files of versions are compared while there are several: many a
// library opens its database when it is first called.
const compareEvery = time.Second

// files guards what there is to compare.
var files struct {
	mu        rank.Mutex[rank.Files]
	comparing bool // a goroutine does, again and again
}

// A sharing is what an instance shares with others.
type sharing struct {
	descriptors uintptr                         // hotso_descriptors; 0: nothing to ask, or it is being unloaded
	conflicts   atomic.Pointer[[]life.Conflict] // as of the last comparison
}

// A descriptor is hotso_open_file of cabi.h.
type descriptor struct {
	file   identity
	number int32
	_      int32
}

// An identity is a file's: device and inode.
type identity struct{ device, inode uint64 }

// A holder is a version that has a file open.
type holder struct {
	in     *Instance
	number int // one of its descriptors
}

// Conflicts are the files that it should not have open, as another version has them.
func (in *Instance) Conflicts() []life.Conflict {
	if c := in.sharing.conflicts.Load(); c != nil {
		return *c
	}
	return nil
}

// compare finds the conflicts of all versions, tells of those that are new, and reports how many
// versions there are.
func compare() (versions int) {
	files.mu.Lock()
	defer files.mu.Unlock()
	open := map[identity][]holder{}
	var all []*Instance
	for i := range crashes.instances {
		in := crashes.instances[i].Load()
		if in == nil || in.sharing.descriptors == 0 || in.Target.Dead() {
			continue
		}
		all = append(all, in)
		for _, d := range in.openLocked() {
			open[d.file] = append(open[d.file], holder{in, int(d.number)})
		}
	}
	found := map[*Instance][]life.Conflict{}
	for file, holders := range open {
		if len(holders) > 1 && file != (identity{}) {
			clashes(file, holders, found)
		}
	}
	for _, in := range all {
		before := in.Conflicts()
		now := found[in]
		slices.SortFunc(now, func(a, b life.Conflict) int { return strings.Compare(a.String(), b.String()) })
		now = slices.Compact(now)
		in.sharing.conflicts.Store(&now)
		fresh := slices.DeleteFunc(slices.Clone(now), func(c life.Conflict) bool { return slices.Contains(before, c) })
		if len(fresh) > 0 {
			in.tell(life.Event{State: life.Conflicting, Detail: said(fresh), Conflicts: fresh})
		}
	}
	return len(all)
}

// clashes adds to found the conflicts about one file.
func clashes(file identity, holders []holder, found map[*Instance][]life.Conflict) {
	uses := make([]proc.File, 0, len(holders))
	for _, h := range holders {
		f, err := proc.FileOf(h.number)
		if err == nil && (f.Device != file.device || f.Inode != file.inode) {
			err = fmt.Errorf("descriptor %d is another file by now", h.number)
		}
		if err != nil {
			f = proc.File{}
		} else if !f.Regular && !f.Directory {
			return
		}
		uses = append(uses, f)
	}
	for i, a := range holders {
		for j, b := range holders[:i] {
			if a.in == b.in || !clash(uses[i], uses[j]) || proc.SameOpen(a.number, b.number) {
				continue // what was handed from one to the other is shared on purpose
			}
			locked := uses[i].Exclusive || uses[j].Exclusive
			found[a.in] = append(found[a.in], life.Conflict{Path: uses[i].Path, Name: b.in.Desc.Name, Version: b.in.Desc.Version, Locked: locked})
			found[b.in] = append(found[b.in], life.Conflict{Path: uses[i].Path, Name: a.in.Desc.Name, Version: a.in.Desc.Version, Locked: locked})
		}
	}
}

// clash reports whether only one of the two may be.
func clash(a, b proc.File) bool {
	known := a.Path != "" && b.Path != ""
	return known && (a.Exclusive || b.Exclusive || a.Write && b.Write && !(a.Append && b.Append))
}

// openFiles are the descriptors that the library has opened and not closed.
func (in *Instance) openFiles() []descriptor {
	files.mu.Lock()
	defer files.mu.Unlock()
	if in.sharing.descriptors == 0 {
		return nil
	}
	return in.openLocked()
}

// openLocked asks the library what it has open. files.mu is held.
func (in *Instance) openLocked() (all []descriptor) {
	some := make([]descriptor, 128)
	for from := int32(0); ; {
		n := fill(in.sharing.descriptors, unsafe.Pointer(&some[0]), len(some), uint64(uint32(from)))
		all = append(all, some[:n]...)
		if n < len(some) {
			return all
		}
		from = some[n-1].number + 1
	}
}

// showFiles has the files of in compared with those of others from now on, and hideFiles ends that:
// the library is about to go.
func (in *Instance) showFiles(descriptors uintptr) {
	files.mu.Lock()
	defer files.mu.Unlock()
	in.sharing.descriptors = descriptors
}

func (in *Instance) hideFiles() {
	files.mu.Lock()
	defer files.mu.Unlock()
	in.sharing.descriptors = 0
	in.sharing.conflicts.Store(nil)
}

// keepComparing compares now, and goes on while there is more than one version.
func keepComparing() {
	if compare() < 2 {
		return
	}
	files.mu.Lock()
	defer files.mu.Unlock()
	if files.comparing {
		return
	}
	files.comparing = true
	go func() {
		for {
			time.Sleep(compareEvery)
			if compare() >= 2 {
				continue
			}
			files.mu.Lock()
			files.comparing = false
			files.mu.Unlock()
			return
		}
	}()
}

func said(conflicts []life.Conflict) string {
	var all []string
	for _, c := range conflicts {
		all = append(all, c.String())
	}
	return strings.Join(all, ", ")
}

// refuseConflicts looks at what the library has open now that it has been started.
func (in *Instance) refuseConflicts() error {
	keepComparing()
	conflicts := in.Conflicts()
	if len(conflicts) == 0 || !in.conf.RefuseConflicts {
		return nil
	}
	return &life.Error{File: in.Desc.File, Name: in.Desc.Name, Version: in.Desc.Version, Step: life.StepHealth,
		Reason: life.ErrConflict, Cause: errors.New(said(conflicts)), Advice: "only one version at a time may have it: see docs/embedding-databases.md"}
}

// despite adds to the error of a start hook what it may have waited for: most databases wait for
// their lock, or say only that it is taken.
func (in *Instance) despite(step life.Step, err error) error {
	if step != life.StepStart {
		return err
	}
	compare()
	if conflicts := in.Conflicts(); len(conflicts) > 0 {
		err = fmt.Errorf("%w; %s", err, said(conflicts))
	}
	return err
}
