//go:build amd64 || arm64

package stackcheck

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host/internal/proc"
	"github.com/hotso/hotso/host/internal/sigdispatch"
)

// answerTime is how long a thread has to answer. One that blocks the signal does not.
const answerTime = 5 * time.Millisecond

// fewest is how often the threads are looked at before the timeout counts. On a busy machine one look
// may take that long, and a thread that a library has started meanwhile is a stranger in it.
const fewest = 3

// A snapshot is what a stranger had in its registers and on its stack.
type snapshot struct {
	id    int
	words []uint64
	pc    uint64 // where it stands,
	sp    uint64 // and its stack pointer
	began uint64 // the function that it began in; 0 if nobody knows
	doubt string // why this is not all that it had, or empty

	still bool // it has not run since before the library was loaded
}

// Ready says why Run can't look at the threads of this process, if it can't. The process has
// a C library.
func Ready() error { return knowHost() }

// Run looks for threads that may come back to ranges, again and again until there are none
// or the timeout has passed; then the error is a *[Threads]. It returns the shared objects
// that strangers run in, or will come back to. The library whose ranges they are has no
// thread that it knows of, and gets no more; sigdispatch is installed. One runs at a time.
//
// libraries calls its argument for each thread that a library which is loaded knows of: such a
// thread is not disturbed, as it may be C code's, to which a system call that is interrupted
// comes as a surprise. All others are asked by a signal once in their life; strangers again
// only if they run. still are those that stood still before the library was loaded.
// brings are the file names of the shared objects that it needs, in which threads may run its code; they
// count only if [InProgram].
func Run(ranges []Range, timeout time.Duration, libraries func(func(id int)), still Still, brings []string) (objects []string, err error) {
	if err := Ready(); err != nil {
		return nil, err
	}
	deadline := time.Now().Add(timeout)
	looks := 0
	for pause := 100 * time.Microsecond; ; pause = min(2*pause, 10*time.Millisecond) {
		looks++
		strangers, quiet, err := ask(libraries, still)
		if err != nil {
			return nil, err
		}
		teams, err := teamThreads(strangers)
		if err != nil {
			return nil, err
		}
		in := &Threads{}
		for _, s := range strangers {
			if s.ofProgram(brings) {
				continue
			}
			if why := s.mayReturn(ranges, teams[s.id]); why != "" {
				in.IDs, in.Why = append(in.IDs, s.id), append(in.Why, why)
			}
		}
		switch {
		case len(in.IDs) == 0:
			return objectsOf(append(strangers, quiet()...))
		case time.Now().After(deadline) && looks >= fewest:
			return nil, in
		}
		time.Sleep(pause)
	}
}

// ask returns what the strangers of the process had, each at a moment of its own. Of threads that
// stand still it does not matter whose they are, and to ask would wake them: what they had, if
// they are strangers, is what quiet returns, which asks them.
func ask(libraries func(func(id int)), still Still) (strangers []snapshot, quiet func() []snapshot, err error) {
	unknown, known, inodes, err := unaccounted(libraries)
	if err != nil {
		return nil, nil, err
	}
	for _, id := range known {
		if s := silentThread(id); s.doubt == "" {
			s.began, s.still = met[id].began, still.still(id, inodes[id])
			strangers = append(strangers, s)
		} else {
			unknown = append(unknown, id) // it runs
		}
	}
	var standing []int
	unknown = slices.DeleteFunc(unknown, func(id int) bool {
		stands := still.waits(id, inodes[id])
		if stands {
			standing = append(standing, id)
		}
		return stands
	})
	strangers = append(strangers, rollCall(unknown, inodes)...)
	return strangers, func() []snapshot { return rollCall(standing, inodes) }, nil
}

// rollCall asks threads whose they are, and returns what the strangers among them had. They have these inodes.
func rollCall(ids []int, inodes map[int]uint64) (strangers []snapshot) {
	if len(ids) == 0 {
		return nil
	}
	defer publish()
	var silent []int
	sigdispatch.RollCall(ids, answerTime, func(id int, a sigdispatch.Answer, control uint64, regs *sigdispatch.Registers) {
		switch a {
		case sigdispatch.Host, sigdispatch.Library:
			accounted[id] = inodes[id]
		case sigdispatch.Silent:
			silent = append(silent, id)
		case sigdispatch.Stranger:
			s := snapshot{id: id, pc: regs.PC(), sp: regs.SP(), words: slices.Grow(append([]uint64(nil), regs[:]...), 512)}
			s.readStack(regs.SP(), control)
			met[id] = stranger{inodes[id], s.began}
			strangers = append(strangers, s)
		case sigdispatch.Gone:
			strangers = append(strangers, snapshot{id: id, doubt: "does not stand still"})
		}
	})
	for _, id := range silent {
		strangers = append(strangers, silentThread(id))
	}
	return strangers
}

// readStack adds the stack, and what the thread began in.
func (s *snapshot) readStack(pointer, control uint64) {
	var deep bool
	if s.words, deep = stack(s.words, pointer, control); deep {
		s.doubt = "has too deep a stack"
	}
	if control == 0 {
		return
	}
	var began [8]byte
	if peek(uint64(int64(control)+start), began[:]) == len(began) {
		s.began = word(began)
		s.words = append(s.words, s.began)
	}
}

// silentThread is one that blocks the signal. The kernel tells of one that waits in a system
// call where it stands and what it has called with; what else it had in registers is on its
// stack, as far as the functions between had use for them.
func silentThread(id int) snapshot {
	s := snapshot{id: id}
	t := proc.ThreadByID(id)
	if t.PC == 0 {
		if unix.Tgkill(unix.Getpid(), id, 0) != nil {
			return s // it has ended
		}
		s.doubt = "blocks all signals and runs"
		return s
	}
	s.pc, s.sp = t.PC, t.SP
	s.words = append(s.words, t.PC)
	s.words = append(s.words, t.Args[:]...)
	s.readStack(t.SP, controlAbove(t.SP))
	return s
}

// mayReturn says why the thread may come back to ranges; empty if it does not. A thread of a
// team only returns there.
func (s *snapshot) mayReturn(ranges []Range, team bool) string {
	if s.still {
		return ""
	}
	there := func(w uint64) bool { return in(ranges, w) }
	if !slices.ContainsFunc(s.words, there) || team && !slices.ContainsFunc(s.returns(), there) {
		return s.doubt
	}
	return "has an address of it on its stack"
}

func in(ranges []Range, address uint64) bool {
	return slices.ContainsFunc(ranges, func(r Range) bool { return r.Low <= address && address < r.High })
}

// objectsOf returns the shared objects whose code the strangers may come back to, other than
// the host itself and private copies, which are libraries of the host's.
func objectsOf(strangers []snapshot) (objects []string, err error) {
	if len(strangers) == 0 {
		return nil, nil
	}
	mapped, err := proc.Maps("")
	if err != nil {
		return nil, err
	}
	program, _ := os.Readlink("/proc/self/exe") // it stays; it is the host, unless that is a shared object itself
	mapped = slices.DeleteFunc(mapped, func(m proc.Mapping) bool {
		return !strings.Contains(m.Perms, "x") || !strings.HasPrefix(m.Path, "/") || m.Low == hostText.Low || m.Path == program ||
			strings.HasPrefix(m.Path, "/memfd:") || strings.HasPrefix(filepath.Base(m.Path), "hotso:")
	})
	for _, s := range strangers {
		for _, w := range s.words {
			i, found := slices.BinarySearchFunc(mapped, w, func(m proc.Mapping, w uint64) int {
				switch {
				case w < m.Low:
					return 1
				case w >= m.High:
					return -1
				}
				return 0
			})
			if found && !slices.Contains(objects, mapped[i].Path) {
				objects = append(objects, mapped[i].Path)
			}
		}
	}
	return objects, nil
}
