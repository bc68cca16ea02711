package tls

import (
	"debug/elf"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/proc"
)

// Open finds the carrier's place in the TLS of the program, or makes an object and lets
// loader dlopen it. Call it once in a process: each carrier keeps its share of the static
// TLS for good. If there is not enough for abi.MaxSlots slots, the carrier is smaller; if
// there is not enough even for the smallest, the error is ErrNoStaticTLS.
func Open(loader Loader) (*Carrier, error) {
	if offset, ok := room(); ok {
		return newCarrier(offset, abi.MaxSlots), nil
	}
	return openObject(loader)
}

// openObject has loader dlopen an object with as many slots as fit.
func openObject(loader Loader) (*Carrier, error) {
	machine, err := machineOf(runtime.GOARCH)
	if err != nil {
		return nil, err
	}
	var failure error
	for _, slots := range []int{abi.MaxSlots, 128, 64, 32, 16, 8, 4} {
		offset, err := load(loader, machine, slots)
		if err == nil {
			return newCarrier(offset, slots), nil
		}
		failure = err
		if !errors.Is(err, ErrNoStaticTLS) {
			break
		}
	}
	return nil, failure
}

func machineOf(goarch string) (elf.Machine, error) {
	switch goarch {
	case "amd64":
		return elf.EM_X86_64, nil
	case "arm64":
		return elf.EM_AARCH64, nil
	}
	return 0, fmt.Errorf("tls: open the carrier on linux/%s: %w", goarch, errors.ErrUnsupported)
}

var attempts atomic.Int32

// carrierPath names the file that is open as fd, and for each attempt in another way. The
// dynamic linker knows an object by the name that it was opened with; a carrier stays after its
// descriptor is closed, and the descriptor's number is used again. Those of private copies
// (private.Copy, Path) have their dots before fd, so these have them behind it: a library that is
// opened by the name of the carrier is taken for it.
func carrierPath(fd, attempt int) string {
	return fmt.Sprintf("%s/fd/%s%d", proc.Self(), strings.Repeat("./", attempt), fd)
}

// load dlopens a carrier of that many slots and returns its block's offset.
func load(loader Loader, machine elf.Machine, slots int) (int64, error) {
	// 16 is the highest alignment that glibc grants on arm64. It is enough for
	// the words of a slot, and no two threads share a cache line through it.
	const align = 16
	content, err := image(machine, uint64(slots)*abi.SlotSize, align)
	if err != nil {
		return 0, err
	}
	file, err := proc.MemoryFile("hotso-tls", 0)
	if err != nil {
		return 0, fmt.Errorf("tls: create a memfd for the carrier: %w", err)
	}
	defer file.Close()
	if _, err := file.Write(content); err != nil {
		return 0, fmt.Errorf("tls: write the carrier: %w", err)
	}
	handle, err := loader.Open(carrierPath(int(file.Fd()), int(attempts.Add(1))))
	if err != nil {
		if strings.Contains(err.Error(), "static TLS") { // glibc's words, elf/dl-reloc.c
			return 0, fmt.Errorf("tls: dlopen a carrier of %d slots: %w: %w", slots, ErrNoStaticTLS, err)
		}
		return 0, fmt.Errorf("tls: dlopen the carrier: %w", err)
	}
	word, err := loader.Sym(handle, offsetSymbol)
	if err != nil {
		return 0, fmt.Errorf("tls: dlsym %s in the carrier: %w", offsetSymbol, err)
	}
	return **(**int64)(unsafe.Pointer(&word)), nil
}
