//go:build linux && (amd64 || arm64)

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/host"
)

// traffic is how many goroutines call while libraries are swapped.
const traffic = 4

// A library is a slot and a function of what serves there.
type library struct {
	slot *host.Slot
	add  func(context.Context, int32, int32) (int32, error)
}

type server struct {
	file string
	all  []library
}

// serve does what comes in, one order after the other.
func serve(file string, in io.Reader, out io.Writer) error {
	s := &server{file: file}
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var o order
		if err := orders.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		var a answer
		begin := time.Now()
		err := s.obey(o, &a)
		a.Seconds = time.Since(begin).Seconds()
		if err == nil && o.Load > 0 {
			err = a.measure()
		}
		if err != nil {
			a.Error = err.Error()
		}
		a.Live = len(s.all)
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
}

func (s *server) obey(o order, a *answer) error {
	ctx := context.Background()
	switch {
	case o.Load > 0:
		return s.load(ctx, o.Load)
	case o.Call > 0:
		return call(ctx, s.all[0], o.Call)
	case o.Swap > 0:
		return s.swap(ctx, o.Swap, a)
	}
	return nil
}

func (s *server) load(ctx context.Context, n int) error {
	for len(s.all) > n {
		last := len(s.all) - 1
		if _, err := s.all[last].slot.Close(ctx); err != nil {
			return err
		}
		s.all = s.all[:last]
	}
	for len(s.all) < n {
		l := library{slot: host.NewSlot("greeter")}
		if _, err := l.slot.Swap(ctx, s.file); err != nil {
			return err
		}
		var err error
		if l.add, err = host.Func2[int32, int32, int32](l.slot, "Add"); err != nil {
			return err
		}
		s.all = append(s.all, l)
		if err := call(ctx, l, 1); err != nil {
			return err
		}
	}
	return nil
}

func call(ctx context.Context, l library, n int) error {
	for i := range int32(n) {
		if sum, err := l.add(ctx, i, 1); err != nil || sum != i+1 {
			return fmt.Errorf("Add(%d, 1) is %d: %w", i, sum, err)
		}
	}
	return nil
}

// swap swaps libraries while others call them.
func (s *server) swap(ctx context.Context, n int, a *answer) error {
	var calls atomic.Int64
	var failures [traffic]error
	var stop atomic.Bool
	var wg sync.WaitGroup
	for i := range traffic {
		wg.Go(func() {
			for !stop.Load() && failures[i] == nil {
				failures[i] = call(ctx, s.all[rand.IntN(len(s.all))], 1)
				calls.Add(1)
			}
		})
	}
	var err error
	for a.Swaps = 0; a.Swaps < n && err == nil; a.Swaps++ {
		// On a machine that has more to do, a thread of the old version may not get to its end
		// in time: the swap holds, and the version goes later.
		if _, err = s.all[rand.IntN(len(s.all))].slot.Swap(ctx, s.file); errors.Is(err, host.ErrBusy) {
			a.Late++
			err = nil
		}
	}
	stop.Store(true)
	wg.Wait()
	a.Calls = int(calls.Load())
	return errors.Join(append(failures[:], err)...)
}

// measure reads what the process takes, once its threads have come to rest, and without
// what the host's own garbage collector has still to free.
func (a *answer) measure() error {
	time.Sleep(time.Second)
	debug.FreeOSMemory()
	var err error
	count := func(dir string) int {
		entries, e := os.ReadDir(dir)
		err = errors.Join(err, e)
		return len(entries)
	}
	a.Threads, a.Descriptors = count("/proc/self/task"), count("/proc/self/fd")
	maps, e := os.ReadFile("/proc/self/maps")
	a.Mappings = strings.Count(string(maps), "\n")
	sum, e2 := os.ReadFile("/proc/self/smaps_rollup")
	for lines := bufio.NewScanner(strings.NewReader(string(sum))); lines.Scan(); {
		if f := strings.Fields(lines.Text()); len(f) == 3 && f[0] == "Rss:" {
			a.RSS, _ = strconv.Atoi(f[1])
		} else if len(f) == 3 && f[0] == "Pss:" {
			a.PSS, _ = strconv.Atoi(f[1])
		}
	}
	return errors.Join(err, e, e2)
}
