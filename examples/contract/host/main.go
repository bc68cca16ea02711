// Command host greets through a library, which it knows by its contract only:
//
//	CGO_ENABLED=0 go run ./examples/contract/host build/libhello.v1.so Ada Grace
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/hotso/hotso/examples/contract/greeting"
	"github.com/hotso/hotso/host"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "host:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("usage: host FILE [NAME...]")
	}
	slot := host.NewSlot("hello")
	defer slot.Close(ctx)
	g, err := greeting.Bind(slot)
	if err != nil {
		return err
	}
	if _, err := slot.Swap(ctx, args[0]); err != nil {
		return err
	}
	return greet(ctx, g, args[1:])
}

// greet does not know where the greeter is.
func greet(ctx context.Context, g greeting.Greeter, names []string) error {
	for _, name := range names {
		said, err := g.Greet(ctx, greeting.Person{Name: name})
		var tooMany *greeting.TooMany
		switch {
		case errors.Is(err, greeting.ErrNoName):
			fmt.Println("Who is there?")
		case errors.As(err, &tooMany):
			fmt.Println(tooMany.Name, "was greeted", tooMany.Limit, "times.")
		case err != nil:
			return err
		default:
			fmt.Println(said.Text)
		}
	}
	n := 0
	for _, err := range g.History(ctx) {
		if err != nil {
			return err
		}
		n++
	}
	fmt.Println(n, "greetings")
	return nil
}
