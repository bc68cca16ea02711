// A host to attach a debugger to. It calls the version in the first file, over and over, and goes
// on to the next for each line that it reads. It says which version serves and which has gone.
//
//	debughost [-copies DIR] FILE...
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/hotso/hotso/host"
)

func main() {
	copies := flag.String("copies", "", "directory for the private copies; default: memory")
	flag.Parse()
	opts := []host.Option{host.OnEvent(func(e host.Event) {
		if e.State == host.Serving || e.State == host.Unloaded {
			fmt.Println(e.State, e.Version)
		}
	})}
	if *copies != "" {
		opts = append(opts, host.OnDisk(*copies))
	}
	slot := host.NewSlot("profiled", opts...)
	lines := make(chan struct{})
	go func() {
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			lines <- struct{}{}
		}
		close(lines)
	}()
	for _, file := range flag.Args() {
		if swap, err := slot.Swap(context.Background(), file); swap == nil {
			log.Fatal(err)
		}
		if !callUntil(slot, lines) {
			return
		}
	}
}

func callUntil(slot *host.Slot, lines <-chan struct{}) bool {
	burn, err := host.Func1[int64, int64](slot, "Burn")
	if err != nil {
		log.Fatal(err)
	}
	for {
		select {
		case _, ok := <-lines:
			return ok
		case <-time.After(time.Millisecond):
			if _, err := burn(context.Background(), 1); err != nil {
				log.Fatal(err)
			}
		}
	}
}
