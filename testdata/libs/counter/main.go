// Library counter has state, and a goroutine in the background.
package main

import "C"

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/cabi"
)

var total, ticks atomic.Int64

// state is what one version hands to the next.
type state struct {
	Format int   `json:"format"`
	Total  int64 `json:"total"`
}

const format = 1

func init() {
	stop, stopped := make(chan struct{}), make(chan struct{})
	cabi.OnStart(func(context.Context) error {
		go func() {
			defer close(stopped)
			ticker := time.NewTicker(time.Millisecond)
			defer ticker.Stop()
			for {
				select {
				case <-ticker.C:
					ticks.Add(1)
				case <-stop:
					return
				}
			}
		}()
		return nil
	})
	cabi.OnStop(func(context.Context) error {
		close(stop)
		<-stopped
		return nil
	})
	cabi.OnSave(func() ([]byte, error) {
		return json.Marshal(state{format, total.Load()})
	})
	cabi.OnRestore(func(data []byte) error {
		var s state
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
		if s.Format != format {
			return fmt.Errorf("state of format %d, this version reads %d", s.Format, format)
		}
		total.Store(s.Total)
		return nil
	})
}

// Increment adds one and returns the total.
//
//export Increment
func Increment() int64 { return total.Add(1) }

// Total returns the total.
//
//export Total
func Total() int64 { return total.Load() }

// Ticks returns how often the goroutine has ticked in this version, about
// once in a millisecond.
//
//export Ticks
func Ticks() int64 { return ticks.Load() }

func main() {}
