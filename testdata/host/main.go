// Command host is a host that is built in other ways than the tests: as PIE,
// with cgo, with the race detector. It reloads a library five times under
// calls and says how many versions were unloaded.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/hotso/hotso/host"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(path string) error {
	ctx := context.Background()
	slot := host.NewSlot("")
	unloaded := 0
	count := func(r *host.Report) {
		if r != nil && r.State == host.Unloaded {
			unloaded++
		}
	}
	for range 5 {
		swap, err := slot.Swap(ctx, path)
		if err != nil {
			return err
		}
		count(swap.Old)
		if _, err := slot.Call(ctx, "Spin", 1); err != nil {
			return err
		}
		if r, err := slot.Call(ctx, "Nil"); err != nil || r.Value != int64(1) {
			return fmt.Errorf("a nil pointer in the library: %v, %w", r.Value, err)
		}
		if err := nilPointer(); err == nil {
			return fmt.Errorf("a nil pointer in the host did not panic")
		}
	}
	r, err := slot.Close(ctx)
	count(r)
	fmt.Println(unloaded, "unloaded")
	return err
}

func nilPointer() (err any) {
	defer func() { err = recover() }()
	var p *int
	return *p
}
