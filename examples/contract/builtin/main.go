// Command builtin has a greeter that is linked into it, and gives way to a library where one can be loaded:
//
//	go run ./examples/contract/builtin [build/libhello.v2.so]
//
// It runs where no library can be loaded, too: on Windows, and as a static program (-tags hotso_static).
package main

import (
	"context"
	"fmt"
	"iter"
	"log"
	"os"

	"github.com/hotso/hotso/examples/contract/greeting"
	"github.com/hotso/hotso/host"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, libraries []string) error {
	slot := host.NewSlot("hello", host.Fallback(host.Builtin("1.0.0", newGreeter)))
	defer slot.Close(ctx)
	g, err := greeting.Bind(slot)
	if err != nil {
		return err
	}
	for _, path := range append([]string{""}, libraries...) {
		if path != "" {
			if _, err := slot.Swap(ctx, path); err != nil {
				fmt.Println(err)
			}
		}
		said, err := g.Greet(ctx, greeting.Person{Name: "Ada"})
		if err != nil {
			return err
		}
		fmt.Printf("v%s: %s\n", slot.Current().Version(), said.Text)
	}
	return nil
}

// plain greets plainly.
type plain struct{}

func newGreeter() (greeting.Greeter, error) { return plain{}, nil }

func (plain) Greet(_ context.Context, p greeting.Person) (greeting.Greeting, error) {
	if p.Name == "" {
		return greeting.Greeting{}, greeting.ErrNoName
	}
	return greeting.Greeting{Text: "Good day, " + p.Name + ".", To: p}, nil
}

func (plain) History(context.Context) iter.Seq2[greeting.Greeting, error] {
	return func(func(greeting.Greeting, error) bool) {}
}
