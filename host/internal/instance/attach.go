package instance

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/image"
	"github.com/hotso/hotso/host/internal/invoke"
	"github.com/hotso/hotso/host/internal/sigdispatch"
	"github.com/hotso/hotso/host/internal/tls"
	"github.com/hotso/hotso/host/life"
)

// An attachment is what the host lends to a library that it can unload: a TLS
// slot and the entry of the signal dispatch table that goes with it.
type attachment struct {
	id           uint64
	slot         tls.Slot
	entry        *sigdispatch.Entry
	crashMessage *os.File // the runtime's last words
	edits        []elfimage.Edit
	beginning    *beginning // what its runtime refers to; nil if it has that of the process
}

// WhyResident says why no library can be unloaded here, or is empty.
func WhyResident() string { return residentReason(abi.FlagUnload) }

// residentReason says why a library will stay in the process once it is
// loaded, or is empty.
func residentReason(flags uint32) string {
	switch {
	case runtime.GOOS != "linux" || runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64":
		return "hotso can't unload on " + runtime.GOOS + "/" + runtime.GOARCH
	case !call.Ejects:
		return "hotso can't unload what purego calls (build tag hotso_fallback)"
	case flags&abi.FlagUnload == 0:
		return "it was built without the unload shim"
	}
	return ""
}

// attach prepares a library for an unload to come: it works out what its private
// copy has otherwise than the file. The bytes may still prove to be not what was
// sealed.
func attach(im *image.Image, conf *Config, imports uint64) (_ *attachment, err error) {
	c, err := openCarrier()
	if err != nil {
		return nil, err
	}
	if err := sigdispatch.Install(); err != nil {
		return nil, err
	}
	a := &attachment{id: process.nextID.Add(1)}
	if a.slot, err = c.Acquire(); err != nil {
		return nil, fmt.Errorf("%w: %w", life.ErrTooMany, err)
	}
	a.entry = sigdispatch.Take(a.slot.Index(), a.id, a.slot.Offset()+abi.SlotRecord)
	a.crashMessage, err = newCrashMessage(fmt.Sprintf("%s:%d", crashMessageName, a.id))
	if err == nil {
		a.entry.SetCrash(crashes.fd, int32(a.crashMessage.Fd()))
		err = a.patch(im, conf, imports)
	}
	if err != nil {
		a.release()
		return nil, err
	}
	return a, nil
}

// crashMessageName begins the name of the descriptors for last words.
const crashMessageName = "hotso-crash"

// release gives back what attach took. Nothing of the library may be mapped.
func (a *attachment) release() {
	if a.crashMessage != nil {
		_ = a.crashMessage.Close()
	}
	a.entry.Release()
	a.slot.Release()
}

// handlers counts the signal handlers in the dispatch table.
func (a *attachment) handlers() (n int) {
	for i := range abi.HandledCount {
		if a.entry.Handler(i) != 0 {
			n++
		}
	}
	return n
}

// An extent is a range of addresses, [low, high).
type extent struct{ Low, High uint64 }

func (x extent) size() uint64 { return x.High - x.Low }

// errEscaped: a Go release does something in another way than the shim knows.
var errEscaped = errors.New("the library's Go runtime escapes the unload shim (a newer hotso may know this Go release)")

// verify checks, after the load, that the shim has hold of what it must have:
// with a Go release that takes it some other way, an unload would not be safe.
func (a *attachment) verify() error {
	broken := func(what string) error { return fmt.Errorf("%w: %s", errEscaped, what) }
	_, text := a.entry.Text()
	switch {
	case text == 0:
		return broken("its code is not announced")
	case a.entry.Handler(abi.HandlerURG) == 0 || a.entry.Handler(abi.HandlerSEGV) == 0:
		return broken("it does not set its signal handlers through sigaction")
	case a.entry.KeyDtor() == 0:
		return broken("it does not make its pthread key through pthread_key_create")
	}
	return nil
}

// patch works out the edits against what keeps an ordinary Go library in the process.
func (a *attachment) patch(im *image.Image, conf *Config, imports uint64) error {
	p := elfimage.NewPatcher(im.ELF)
	// The Go linker asks for -z nodelete: dlclose would do nothing.
	p.ClearNoDelete()
	if len(im.ELF.TLS.InitialExec) == 0 {
		return fmt.Errorf("%w: its g is not in initial-exec thread-local storage", errEscaped)
	}
	// runtime.tlsg is static TLS, of which a process has little and glibc
	// gives back only the last piece: it goes to our slot instead.
	err := p.RedirectTLS(func(uint64) int64 { return a.slot.Offset() + abi.SlotG })
	if err != nil {
		return err
	}
	var start uint64
	if a.beginning, start, err = begin(im.ELF, p, conf.Environ); err != nil {
		return err
	}
	var config [abi.ConfigSize]byte
	if a.beginning != nil {
		binary.LittleEndian.PutUint64(config[abi.ConfigStart:], start)
		binary.LittleEndian.PutUint64(config[abi.ConfigArgc:], uint64(a.beginning.argc))
		binary.LittleEndian.PutUint64(config[abi.ConfigArgv:], a.beginning.argv())
	}
	if sym, ok := im.ELF.Symbol(abi.SymInits); ok {
		if inits, finis, ok := p.ReplaceInits(sym.Value, sym.Value+8); ok {
			putList(config[abi.ConfigInits:], inits)
			putList(config[abi.ConfigFinis:], finis)
		}
	}
	code := im.ELF.GoCode()
	binary.LittleEndian.PutUint64(config[abi.ConfigGoLow:], code.Low)
	binary.LittleEndian.PutUint64(config[abi.ConfigGoHigh:], code.High)
	binary.LittleEndian.PutUint64(config[abi.ConfigOwner:], a.id)
	binary.LittleEndian.PutUint64(config[abi.ConfigRecord:], uint64(a.slot.Offset()+abi.SlotRecord))
	binary.LittleEndian.PutUint64(config[abi.ConfigEntry:], uint64(a.entry.Addr()))
	binary.LittleEndian.PutUint64(config[abi.ConfigCall:], uint64(invoke.HostEntry()))
	binary.LittleEndian.PutUint64(config[abi.ConfigHost:], imports)
	if conf.ReclaimC {
		binary.LittleEndian.PutUint64(config[abi.ConfigReclaim:], 1)
	}
	binary.LittleEndian.PutUint64(config[abi.ConfigFiles:], filesOfChildren())
	sym, ok := im.ELF.Symbol(abi.SymConfig)
	if !ok {
		return fmt.Errorf("it does not export %s", abi.SymConfig)
	}
	if err := p.WriteAt(sym.Value, config[:min(sym.Size, abi.ConfigSize)]); err != nil { // an older shim has less
		return err
	}
	err = errors.Join(containCrashes(im.ELF, p), withoutPidFDs(im.ELF, p), withoutSignals(im.ELF, p),
		fewThreads(im.ELF, im.Bytes, p, a.beginning), skipInitWait(im.ELF, im.Bytes, p))
	a.edits = p.Edits()
	return err
}

// putList tells the shim where a list of pointers to functions is, and how many they are.
func putList(config []byte, list elfimage.Range) {
	binary.LittleEndian.PutUint64(config, list.Low)
	binary.LittleEndian.PutUint64(config[8:], (list.High-list.Low)/8)
}

// detours are functions of the Go runtime and where they lead in a private
// copy; see cabi/crash_amd64.S. The runtime ends the process through the first three
// (runtime/stubs2.go, signal_unix.go, os_linux.go) and says why through the next.
// Then comes what is on a panic's way out of an exported function (runtime/cgocall.go),
// and the one through which package syscall, and the runtime's poller, make each of
// their system calls: see cabi/syscall_amd64.S. The profiler's timers are made by others, and
// so are the system calls that can't fail.
var detours = []struct{ from, to string }{
	{"runtime.exit", abi.SymCrashExit},
	{"runtime.dieFromSignal", abi.SymCrashSignal},
	{"runtime.raiseproc", abi.SymCrashRaise},
	{"runtime.rtsigprocmask", abi.SymSigprocmask},
	{"runtime.write1", abi.SymCrashWrite},
	{"runtime.unwindm", abi.SymCrashUnwind},
	{"internal/runtime/syscall/linux.Syscall6", abi.SymSyscall},
	{"syscall.rawSyscallNoError", abi.SymSyscallSure},
	{"golang.org/x/sys/unix.RawSyscallNoError", abi.SymSyscallSure},
	{"runtime.timer_create", abi.SymTimerCreate},
	{"runtime.timer_delete", abi.SymTimerDelete},
	{"runtime.setitimer", abi.SymSetitimer},
	{abi.SymCrashThrow, "runtime.throw"},
}

// containCrashes overwrites the first bytes of these functions with a jump.
func containCrashes(spec *elfimage.Spec, p *elfimage.Patcher) error {
	for _, d := range detours {
		from, size, err := findFunction(spec, d.from)
		if err != nil && (d.to == abi.SymSetitimer || d.to == abi.SymSyscallSure) {
			continue // the linker leaves it out of a library that does not use it
		}
		if err != nil {
			return err
		}
		to, _, err := findFunction(spec, d.to)
		if err != nil {
			return err
		}
		code := jump(from, to)
		if uint64(len(code)) > size {
			return fmt.Errorf("%s has %d bytes, too few for a jump", d.from, size)
		}
		if err := p.WriteAt(from, code); err != nil {
			return err
		}
	}
	return nil
}

// findFunction finds a function of the Go runtime or the shim.
func findFunction(spec *elfimage.Spec, name string) (addr, size uint64, err error) {
	if strings.Contains(name, ".") { // as no symbol of C's
		addr, size, ok := spec.GoFunc(name)
		if !ok {
			return 0, 0, fmt.Errorf("can't find %s in this Go version's runtime", name)
		}
		return addr, size, nil
	}
	sym, ok := spec.Symbol(name)
	if !ok {
		return 0, 0, fmt.Errorf("it does not export %s", name)
	}
	return sym.Value, sym.Size, nil
}

// jump encodes a relative jump; both ends are in one image, so it reaches.
func jump(from, to uint64) []byte {
	if runtime.GOARCH == "arm64" {
		// B imm26, in words (Arm ARM C6.2.26).
		return binary.LittleEndian.AppendUint32(nil, 0x14000000|uint32(int64(to-from)>>2)&0x03ffffff)
	}
	// JMP rel32, from behind the instruction (Intel SDM 2A, JMP).
	return binary.LittleEndian.AppendUint32([]byte{0xe9}, uint32(to-from-5))
}
