package unwind

import (
	"errors"
	"fmt"
	"runtime"
)

// Memory is that of the process.
type Memory struct {
	// Read copies memory, whatever may be there, and returns how many bytes of it can be read.
	Read func(at uint64, to []byte) int
	// Tables returns the address of the .eh_frame_hdr of the object whose code is there.
	Tables func(pc uint64) (header uint64, err error)
}

// A Thread is one that does not run.
type Thread struct {
	PC, SP uint64 // where it stands, and its stack pointer
}

// ErrUnknown is for a thread whose returns can't be known.
var ErrUnknown = errors.New("the stack can't be walked")

func unknown(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnknown, fmt.Sprintf(format, args...))
}

// maxFrames bounds how deep a stack is walked.
const maxFrames = 256

// Returns are the addresses that the thread returns to, down to the function that it began
// in. The error is an [ErrUnknown].
func Returns(m Memory, t Thread) (returns []uint64, err error) {
	regs := registers{}
	regs.set(machine.sp, t.SP)
	pc, call := t.PC, false
	for range maxFrames {
		next, last, err := m.step(&regs, pc, call)
		if err != nil {
			return nil, fmt.Errorf("at %#x: %w", pc, err)
		}
		if last {
			return returns, nil
		}
		returns = append(returns, next)
		pc, call = next, true
	}
	return nil, unknown("it has more than %d frames", maxFrames)
}

// step goes from a function to its caller, whose registers regs are then. call says that the
// address is where a call returns to, so that the function is that of the byte before.
func (m Memory) step(regs *registers, pc uint64, call bool) (caller uint64, last bool, err error) {
	at := pc
	if call {
		at--
	}
	f, err := m.find(at)
	if err != nil {
		return 0, false, err
	}
	rules, err := f.rules(at)
	if err != nil {
		return 0, false, err
	}
	base, ok := regs.get(rules.base.register)
	if !ok {
		return 0, false, unknown("what register %d has is not known", rules.base.register)
	}
	cfa := base + uint64(rules.base.offset)
	if cfa < regs.values[machine.sp] {
		return 0, false, unknown("the stack goes the wrong way")
	}
	var callers registers
	for i := range callers.values {
		switch r := rules.registers[i]; r.kind {
		case ruleSame:
			callers.values[i], callers.known[i] = regs.values[i], regs.known[i]
		case ruleOffset:
			var word [8]byte
			if m.Read(cfa+uint64(r.offset), word[:]) != len(word) {
				return 0, false, unknown("the stack ends at %#x", cfa+uint64(r.offset))
			}
			callers.set(i, (&reader{data: word[:]}).uint64())
		case ruleValue:
			callers.set(i, cfa+uint64(r.offset))
		}
	}
	callers.set(machine.sp, cfa)
	switch back := rules.registers[f.returns]; {
	case back.kind == ruleUndefined:
		return 0, true, nil // the outermost
	case !callers.known[f.returns]:
		return 0, false, unknown("where it returns to is not known")
	}
	caller = callers.values[f.returns] &^ machine.signature
	*regs = callers
	return caller, caller == 0, nil
}

// registers are those whose value is known, by their DWARF numbers.
type registers struct {
	values [maxRegisters]uint64
	known  [maxRegisters]bool
}

// maxRegisters is how many of them may matter: all integer registers, and the return address.
const maxRegisters = 33

func (r *registers) set(i int, v uint64) { r.values[i], r.known[i] = v, true }

func (r *registers) get(i int) (uint64, bool) {
	if i < 0 || i >= len(r.values) {
		return 0, false
	}
	return r.values[i], r.known[i]
}

// machine is what differs (psABI AMD64, figure 3.36; DWARF for the Arm 64-bit Architecture, table
// 4.1). signature are the bits of a return address that may sign it (FEAT_PAuth).
var machine = map[string]struct {
	sp        int
	signature uint64
}{
	"amd64": {sp: 7},
	"arm64": {sp: 31, signature: 0xffff << 48},
}[runtime.GOARCH]
