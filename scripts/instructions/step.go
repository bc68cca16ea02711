//go:build linux && (amd64 || arm64)

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"
)

// A trace is the instructions of one call: how often each address was executed.
type trace map[uint64]int

func (t trace) total() (n int) {
	for _, times := range t {
		n += times
	}
	return n
}

// maxSteps bounds what one call may take. It is reached by a loop that waits for a
// stopped thread, or for an exclusive store to succeed.
const maxSteps = 1_000_000

// count makes a caller make calls, and counts.
func count(ctx context.Context, library string, calls int) (*Report, error) {
	runtime.LockOSThread() // whoever attaches must make all further requests: ptrace(2)
	defer runtime.UnlockOSThread()
	pid, err := startCaller(order{library, calls})
	if err != nil {
		return nil, err
	}
	defer func() {
		syscall.Kill(pid, syscall.SIGKILL)
		for { // until it has ended, past the stops that were not yet asked for
			var status syscall.WaitStatus
			_, err := syscall.Wait4(pid, &status, syscall.WALL, nil)
			if err != syscall.EINTR && (err != nil || status.Exited() || status.Signaled()) {
				return
			}
		}
	}()
	defer context.AfterFunc(ctx, func() { syscall.Kill(pid, syscall.SIGKILL) })()

	s := stepper{pid: pid, adds: entryOf(callAdd), greets: entryOf(callGreet)}
	var traces [2][]trace
	err = s.attach()
	for i, loop := range []uint64{s.adds, s.greets} {
		if err == nil {
			traces[i], err = s.calls(loop, calls)
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	where, err := newLookup(pid, library)
	if err != nil {
		return nil, err
	}
	return newReport(calls, where, traces[0], traces[1]), nil
}

// startCaller starts this program as the caller. Collections would make calls
// differ, in either runtime, so there are none.
func startCaller(o order) (pid int, err error) {
	text, err := json.Marshal(o)
	if err != nil {
		return 0, err
	}
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	pid, err = syscall.ForkExec(self, os.Args[:1], &syscall.ProcAttr{
		Env:   append(os.Environ(), orderVariable+"="+string(text), "GOGC=off"),
		Files: []uintptr{0, 2, 2},
		Sys:   &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}, // or it would stay stopped
	})
	if err != nil {
		return 0, fmt.Errorf("start the caller: %w", err)
	}
	return pid, nil
}

// A stepper executes the caller's first thread one instruction at a time. All its
// other threads stand still meanwhile: the process has stopped itself, and a step wakes
// only the thread that is traced. So no runtime's monitor notices that a call takes long,
// and takes its processor away.
type stepper struct {
	pid          int
	adds, greets uint64 // where the calling functions begin
	at           uint64 // the address of the next instruction
}

// attach waits until the caller has stopped.
func (s *stepper) attach() error {
	status, err := s.wait(syscall.WUNTRACED)
	if err != nil {
		return err
	}
	if !status.Stopped() || status.StopSignal() != syscall.SIGSTOP {
		return fmt.Errorf("the caller ended before it could be counted: %s", said(status))
	}
	const seize = 0x4206 // PTRACE_SEIZE
	if _, _, e := syscall.RawSyscall6(syscall.SYS_PTRACE, seize, uintptr(s.pid), 0, 0, 0, 0); e != 0 {
		return fmt.Errorf("trace the caller: %w: a sandbox may forbid ptrace", e)
	}
	if status, err = s.wait(syscall.WALL); err != nil {
		return err
	}
	if !status.Stopped() {
		return fmt.Errorf("the caller ended before it was counted: %s", said(status))
	}
	return s.look()
}

// calls returns n calls that the function which begins at loop makes.
func (s *stepper) calls(loop uint64, n int) ([]trace, error) {
	for entry(s.at) != loop {
		if err := s.step(); err != nil {
			return nil, err
		}
	}
	var all []trace
	for len(all) < n {
		if err := s.step(); err != nil {
			return nil, err
		}
		if entry(s.at) == loop {
			continue
		}
		one := trace{}
		for steps := 0; entry(s.at) != loop; steps++ {
			if steps == maxSteps {
				return nil, fmt.Errorf("a call took over %d instructions: does it wait for another thread?", maxSteps)
			}
			was := s.at
			one[was]++
			// A string instruction of amd64 traps after each of its repetitions.
			for s.at == was {
				if err := s.step(); err != nil {
					return nil, err
				}
			}
		}
		all = append(all, one)
	}
	return all, nil
}

// step executes one instruction.
func (s *stepper) step() error {
	deliver := 0
	for {
		_, _, e := syscall.RawSyscall6(syscall.SYS_PTRACE, syscall.PTRACE_SINGLESTEP, uintptr(s.pid), 0, uintptr(deliver), 0, 0)
		if e != 0 {
			return fmt.Errorf("step: %w", e)
		}
		status, err := s.wait(syscall.WALL)
		switch {
		case err != nil:
			return err
		case !status.Stopped():
			return fmt.Errorf("the caller ended while it was counted: %s", said(status))
		case status.StopSignal() == syscall.SIGTRAP:
			return s.look()
		case status>>16 == 0:
			deliver = int(status.StopSignal()) // one that came meanwhile
		default:
			deliver = 0
		}
	}
}

// look finds where the thread stands.
func (s *stepper) look() error {
	const generalRegisters = 1 // NT_PRSTATUS
	const getRegSet = 0x4204   // PTRACE_GETREGSET, which all processors have
	var regs syscall.PtraceRegs
	room := syscall.Iovec{Base: (*byte)(unsafe.Pointer(&regs))}
	room.SetLen(int(unsafe.Sizeof(regs)))
	_, _, e := syscall.RawSyscall6(syscall.SYS_PTRACE, getRegSet, uintptr(s.pid), generalRegisters, uintptr(unsafe.Pointer(&room)), 0, 0)
	if e != 0 {
		return fmt.Errorf("read the registers: %w", e)
	}
	s.at = regs.PC()
	return nil
}

func (s *stepper) wait(options int) (status syscall.WaitStatus, err error) {
	for {
		_, err = syscall.Wait4(s.pid, &status, options, nil)
		if !errors.Is(err, syscall.EINTR) {
			return status, os.NewSyscallError("wait4", err)
		}
	}
}

func said(status syscall.WaitStatus) string {
	if status.Signaled() {
		return status.Signal().String()
	}
	return fmt.Sprintf("exit code %d", status.ExitStatus())
}
