package instance

import (
	"fmt"
	"runtime"

	"github.com/hotso/hotso/host/internal/elfimage"
)

// withoutSignals has package os/signal of the library do nothing: signals are the
// host's. A Notify would start a thread that blocks all signals but those that it
// waits for (runtime.ensureSigM), and with them the one that ends threads.
//
// And a write to the standard output whose reader is gone returns EPIPE, as it does in a
// program that ignores SIGPIPE: os.sigpipe (os/file_unix.go, epipecheck) would end the
// library for what has become of the host's output.
func withoutSignals(spec *elfimage.Spec, p *elfimage.Patcher) error {
	for _, name := range signalFuncs {
		if addr, _, ok := spec.GoFunc(name); ok {
			if err := p.WriteAt(addr, ret()); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

var signalFuncs = []string{"os/signal.signal_enable", "os/signal.signal_disable", "os/signal.signal_ignore", "os.sigpipe"}

// withoutPidFDs has package os of the library do what it does on a kernel
// without pidfds. Since Go 1.23 it holds one for each child process. It comes
// from clone(2), nothing watches it, and it does not tell who opened it: an
// unload could not find it.
//
// Two functions of os/pidfd_linux.go are replaced, or none if one is missing:
//
//	ensurePidfd(attr) (attr, dup)   return attr, false
//	getPidfd(attr, dup) (fd, ok)    return 0, false
//
// Arguments and results are in the first integer registers of the Go ABI: AX
// and BX, R0 and R1 (go.dev/s/regabi).
func withoutPidFDs(spec *elfimage.Spec, p *elfimage.Patcher) error {
	noSecond, none := []byte{0x31, 0xdb, 0xc3}, []byte{0x31, 0xc0, 0x31, 0xdb, 0xc3} // XORL; RET
	if runtime.GOARCH == "arm64" {
		noSecond = append([]byte{0xe1, 0x03, 0x1f, 0xaa}, ret()...)                     // MOVD ZR, R1
		none = append([]byte{0xe0, 0x03, 0x1f, 0xaa, 0xe1, 0x03, 0x1f, 0xaa}, ret()...) // and R0
	}
	ensure, ensureSize, ok1 := spec.GoFunc("os.ensurePidfd")
	get, getSize, ok2 := spec.GoFunc("os.getPidfd")
	if !ok1 || !ok2 || ensureSize < uint64(len(noSecond)) || getSize < uint64(len(none)) {
		return nil
	}
	if err := p.WriteAt(ensure, noSecond); err != nil {
		return fmt.Errorf("os.ensurePidfd: %w", err)
	}
	return p.WriteAt(get, none)
}
