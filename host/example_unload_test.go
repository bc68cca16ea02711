//go:build linux && (amd64 || arm64) && !hotso_fallback

// What these print is true where libraries can be unloaded.

package host_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/hotso/hotso/host"
)

// A function of a slot reaches the version that serves, whichever it is.
func ExampleSlot() {
	ctx := context.Background()
	slot := host.NewSlot("greeter")
	defer slot.Close(ctx)
	greet, _ := host.Func1[string, string](slot, "GreetName")

	for _, file := range []string{"build/libgreeter.v1.so", "build/libgreeter.v2.so", "build/nonsense.so"} {
		swap, err := slot.Swap(ctx, file)
		switch {
		case errors.Is(err, host.ErrRefused):
			fmt.Println("refused, the old version serves on")
		case err != nil:
			log.Fatal(err)
		case swap.Old != nil:
			fmt.Println("version", swap.Old.Version, "is", swap.Old.State)
		}
		s, _ := greet(ctx, "Ada")
		fmt.Println(s)
	}
	// Output:
	// Hello, Ada!
	// version 1 is unloaded
	// Hello, Ada! (v2)
	// refused, the old version serves on
	// Hello, Ada! (v2)
}

// The previous version stays warm for a while. Calls go back to it when the new one
// breaks the rule, or on request.
func ExampleProbation() {
	ctx := context.Background()
	slot := host.NewSlot("greeter", host.Probation(time.Minute, host.Rule{Errors: 0.05, Calls: 100}))
	defer slot.Close(ctx)
	for _, file := range []string{"build/libgreeter.v1.so", "build/libgreeter.v2.so"} {
		if _, err := slot.Swap(ctx, file); err != nil {
			log.Fatal(err)
		}
	}
	if _, err := slot.Rollback(ctx); err != nil {
		log.Fatal(err)
	}
	for _, v := range slot.Versions() {
		fmt.Printf("v%s is %s: %s\n", v.Version, v.State, v.Reason)
	}
	// Output:
	// v1 is serving: back from v2: rolled back by hand
	// v2 is failed: rolled back by hand
}

// A library that holds a database: the next version starts when the one before has left the process.
func ExampleExclusive() {
	ctx := context.Background()
	slot := host.NewSlot("greeter", host.Exclusive(), host.TakeoverTimeout(10*time.Second))
	defer slot.Close(ctx)
	greet, _ := host.Func1[string, string](slot, "GreetName")

	for _, path := range []string{"build/libgreeter.v1.so", "build/libgreeter.v2.so"} {
		swap, err := slot.Swap(ctx, path)
		if err != nil {
			log.Fatal(err) // the version before serves on
		}
		if swap.Old != nil {
			fmt.Printf("v%s is %s, calls have waited: %t\n", swap.Old.Version, swap.Old.State, swap.Pause > 0)
		}
	}
	s, _ := greet(ctx, "Ada")
	fmt.Println(s)
	// Output:
	// v1 is unloaded, calls have waited: true
	// Hello, Ada! (v2)
}
