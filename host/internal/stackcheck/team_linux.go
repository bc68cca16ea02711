//go:build amd64 || arm64

package stackcheck

import (
	"encoding/binary"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/hotso/hotso/host/internal/proc"
	"github.com/hotso/hotso/host/internal/unwind"
)

// teamThreads are the strangers that are libgomp's: threads of OpenMP, which wait there for the
// next parallel region. Each has the function of the last one on its stack still, and reads that of
// the next from the team (gomp_thread_start, libgomp/team.c). No region can be under way
// when no thread of the library's is left and no call is inside.
func teamThreads(strangers []snapshot) (map[int]bool, error) {
	if len(strangers) == 0 {
		return nil, nil
	}
	maps, err := proc.Maps("libgomp.so")
	if err != nil {
		return nil, err
	}
	team := map[int]bool{}
	for _, s := range strangers {
		for _, m := range maps {
			if strings.HasPrefix(filepath.Base(m.Path), "libgomp.so") && m.Low <= s.began && s.began < m.High {
				team[s.id] = true
			}
		}
	}
	return team, nil
}

// returns are where the thread stands and returns to. If its stack can't be walked, they are all that look so, of
// which some may be what earlier regions have left between what is in use.
func (s *snapshot) returns() []uint64 {
	if s.doubt == "" {
		if returns, err := walk(s.pc, s.sp); err == nil {
			return append(returns, s.pc)
		}
	}
	return slices.DeleteFunc(slices.Clone(s.words), func(w uint64) bool { return w != s.pc && !afterCall(w) })
}

// walk walks the stack of a thread that waits.
func walk(pc, sp uint64) ([]uint64, error) {
	maps, err := proc.Maps("")
	if err != nil {
		return nil, err
	}
	return unwind.Returns(unwind.Memory{
		Read:   peek,
		Tables: func(pc uint64) (uint64, error) { return tables(maps, pc) },
	}, unwind.Thread{PC: pc, SP: sp})
}

// afterCall reports whether the instruction before an address calls: a return address is there.
// So is the first instruction of a function, if the one before ends with a call that does not
// return, and nothing between them aligns it.
func afterCall(address uint64) bool {
	var code [8]byte
	if peek(address-8, code[:]) != len(code) {
		return true
	}
	if runtime.GOARCH == "arm64" { // BL, BLR
		before := binary.LittleEndian.Uint32(code[4:])
		return address%4 == 0 && (before&0xfc000000 == 0x94000000 || before&0xfffffc1f == 0xd63f0000)
	}
	if code[3] == 0xe8 { // CALL rel32
		return true
	}
	for n := 2; n <= 7; n++ { // CALL r/m64: FF /2
		if code[8-n] == 0xff && code[9-n]>>3&7 == 2 {
			return true
		}
	}
	return false
}
