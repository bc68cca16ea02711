//go:build amd64 || arm64

package stackcheck

import (
	"maps"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host/internal/proc"
)

var (
	// accounted are the threads that need not be asked, by id, with the inode that makes the
	// id theirs. There may be hundreds.
	accounted = map[int]uint64{}
	// met are the strangers that were asked before.
	met = map[int]stranger{}
	// others are the threads that the last look has found and that were not accounted for, with their inodes.
	others = map[int]uint64{}
	// complete: looks have found every thread that was started before one that is accounted for.
	complete bool
)

// A stranger is a thread that is nobody's.
type stranger struct {
	inode uint64
	began uint64 // the function that it began in
}

// unaccounted returns the threads of the process that are nobody's as far as is known, those apart that were met before, and
// the inodes of both.
func unaccounted(libraries func(func(id int))) (unknown, known []int, inodes map[int]uint64, err error) {
	theirs := map[int]bool{unix.Getpid(): true} // the first thread is the host's
	libraries(func(id int) { theirs[id] = true })
	inodes, ok := findNewer(theirs)
	if !ok {
		if inodes, err = findAll(); err != nil {
			return nil, nil, nil, err
		}
	}
	others = inodes
	for _, id := range slices.Sorted(maps.Keys(inodes)) {
		switch {
		case theirs[id]:
		case met[id].inode == inodes[id]:
			known = append(known, id)
		case proc.IsKernels(id):
			accounted[id] = inodes[id]
		default:
			unknown = append(unknown, id)
		}
	}
	maps.DeleteFunc(met, func(id int, s stranger) bool { return inodes[id] != s.inode })
	return unknown, known, inodes, nil
}

// listings bounds how often the threads are listed until that is known to have shown all of them.
const listings = 8

// findAll finds the threads that are not accounted for, and strikes those off the accounts that have ended.
func findAll() (found map[int]uint64, err error) {
	found, complete = map[int]uint64{}, false
	for range listings {
		n, living := 0, make(map[int]uint64, len(accounted)+8)
		before, err := proc.CountTasks()
		if err != nil {
			return nil, err
		}
		err = proc.Tasks(0, func(id int, inode uint64) {
			n++
			if accounted[id] == inode {
				living[id] = inode
			} else {
				found[id] = inode
			}
		})
		if err != nil {
			return nil, err
		}
		accounted = living
		after, err := proc.CountTasks()
		if err != nil {
			return nil, err
		}
		// When a thread ends that was just listed, the kernel leaves out those behind it (fs/proc/base.c, next_tid).
		if complete = before == n && after == n; complete {
			break
		}
	}
	return found, nil
}

// fewNewer is how many threads are looked at first for those that are newer than all that are accounted for.
const fewNewer = 16

// findNewer is findAll without a look at each thread: 200 of them are 200 entries of a directory, for each of which the
// kernel needs a microsecond when it has done something else meanwhile, as it has in an unload. It lists threads
// in the order in which they were started. So what is new is listed behind all
// that was there at the last look, and of the rest only the others of that are asked for. It gives up, and ok is false, if
// it can't be sure that it has them all.
func findNewer(theirs map[int]bool) (found map[int]uint64, ok bool) {
	count, err := proc.CountTasks()
	if err != nil || !complete || len(accounted) > 2*count { // too many that have ended
		return nil, false
	}
	for n := fewNewer; n < count; n *= 2 {
		found = map[int]uint64{}
		listed, reached := 0, false
		err := proc.Tasks(count-n, func(id int, inode uint64) {
			listed++
			if accounted[id] == inode {
				reached = true
			} else {
				found[id] = inode
			}
		})
		if now, again := proc.CountTasks(); err != nil || again != nil || now != count || listed != n {
			return nil, false // one came or went meanwhile
		}
		if reached {
			for id, inode := range others {
				if !theirs[id] {
					inode = proc.Inode(id)
				}
				if inode != 0 && accounted[id] != inode {
					found[id] = inode
				}
			}
			return found, true
		}
	}
	return nil, false
}
