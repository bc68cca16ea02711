// Library sessions keeps a text for each session, and hands all of them to the
// next version.
package main

// #cgo CFLAGS: -I${SRCDIR}/../../../include
// #include "cabi.h"
import "C"

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"unsafe"

	"github.com/hotso/hotso/cabi"
	"github.com/hotso/hotso/testdata/libs/internal/mishap"
)

// The linker sets the format that this version writes, 1 or 2, and what goes wrong in
// it: save, restore, hang-save, hang-restore, crash-save, crash-restore, or health,
// once Spoil was called.
var (
	format = "1"
	fail   string
)

// state is what one version hands to the next. Format 2 adds how often each session
// was written. A version of format 1 can read it too, and ignores the addition: so a
// version of format 2 can be rolled back.
type state struct {
	Format   int               `json:"format"`
	Reader   int               `json:"reader"` // the oldest format whose versions can read this
	Sessions map[string]string `json:"sessions"`
	Puts     map[string]int64  `json:"puts,omitempty"` // since format 2
}

var (
	mu      sync.Mutex
	current = state{Sessions: map[string]string{}, Puts: map[string]int64{}}
	spoiled bool
)

func formatNumber() int { n, _ := strconv.Atoi(format); return n }

func init() {
	cabi.OnHealth(func(context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		if spoiled {
			return errors.New("spoiled")
		}
		return nil
	})
	cabi.OnSave(func() ([]byte, error) {
		if err := mishap.Mishap(fail).At("save"); err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		current.Format, current.Reader = formatNumber(), 1
		written := current
		if formatNumber() < 2 {
			written.Puts = nil
		}
		return json.Marshal(written)
	})
	cabi.OnRestore(func(b []byte) error {
		var s state
		if err := errors.Join(json.Unmarshal(b, &s), mishap.Mishap(fail).At("restore")); err != nil {
			return err
		}
		if s.Reader > formatNumber() {
			return fmt.Errorf("state of format %d, this version reads %d", s.Format, formatNumber())
		}
		if s.Format < 2 { // migrate: nobody has counted, but each was written once at least
			s.Puts = map[string]int64{}
			for id := range s.Sessions {
				s.Puts[id] = 1
			}
		}
		mu.Lock()
		defer mu.Unlock()
		current = s
		return nil
	})
}

// Put writes a session and returns what was there before.
//
//export Put
func Put(id *C.hotso_cchar, idLen C.size_t, value *C.hotso_cchar, valueLen C.size_t,
	out *C.char, outCap C.size_t, outLen *C.size_t) C.hotso_status {
	return text(out, outCap, outLen, func() (string, error) {
		key := cabi.String(unsafe.Pointer(id), uintptr(idLen))
		mu.Lock()
		defer mu.Unlock()
		before := current.Sessions[key]
		current.Sessions[key] = cabi.String(unsafe.Pointer(value), uintptr(valueLen))
		if current.Puts != nil {
			current.Puts[key]++
		}
		return before, nil
	})
}

// Get reads a session. One that is not there is an error.
//
//export Get
func Get(id *C.hotso_cchar, idLen C.size_t, out *C.char, outCap C.size_t, outLen *C.size_t) C.hotso_status {
	return text(out, outCap, outLen, func() (string, error) {
		mu.Lock()
		defer mu.Unlock()
		if value, ok := current.Sessions[cabi.String(unsafe.Pointer(id), uintptr(idLen))]; ok {
			return value, nil
		}
		return "", errors.New("no such session")
	})
}

// Puts returns how often sessions were written in all, as far as is known.
//
//export Puts
func Puts() (sum int64) {
	mu.Lock()
	defer mu.Unlock()
	for _, n := range current.Puts {
		sum += n
	}
	return sum
}

// Spoil makes the version unhealthy.
//
//export Spoil
func Spoil() {
	mu.Lock()
	defer mu.Unlock()
	spoiled = fail == "health"
}

// Exit ends the version's runtime.
//
//export Exit
func Exit() { os.Exit(4) }

func text(out *C.char, outCap C.size_t, outLen *C.size_t, f func() (string, error)) C.hotso_status {
	return C.hotso_status(cabi.Text(cabi.Out(unsafe.Pointer(out), uintptr(outCap), unsafe.Pointer(outLen)), f))
}

func main() {}
