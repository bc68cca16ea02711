// Library badstart starts as badly as its mode says.
package main

import "C"

import (
	"context"
	"errors"

	"github.com/hotso/hotso/cabi"
)

// mode is set by the linker. With error, panic, hang, heed, which waits for the end of its context, and
// unhealthy the start does not succeed. With sickens it does, and the library is unhealthy when it is asked again;
// with ponders it then waits for the end of its context.
var mode string

func init() {
	cabi.OnStart(func(ctx context.Context) error {
		switch mode {
		case "error":
			return errors.New("cannot start")
		case "panic":
			panic("cannot start")
		case "hang":
			select {}
		case "heed":
			cabi.Count("waits", 1)
			<-ctx.Done()
			return errors.New("nobody waits")
		}
		return nil
	})
	asked := false
	cabi.OnHealth(func(ctx context.Context) error {
		if mode == "ponders" && asked {
			cabi.Count("waits", 1)
			<-ctx.Done()
			return errors.New("nobody waits")
		}
		if mode == "unhealthy" || mode == "sickens" && asked {
			return errors.New("not healthy")
		}
		asked = true
		return nil
	})
	cabi.OnStop(func(context.Context) error {
		if mode != "" {
			return errors.New("stopped")
		}
		return nil
	})
}

// Answer is what a host can call if the start went well.
//
//export Answer
func Answer() int32 { return 42 }

func main() {}
