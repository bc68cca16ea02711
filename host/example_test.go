package host_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/watch"
)

// A program that loads one version and calls it.
func Example() {
	ctx := context.Background()
	lib, err := host.Open(ctx, "build/libgreeter.v1.so")
	if err != nil {
		log.Fatal(err)
	}
	defer lib.Close(ctx)

	greet, err := host.Func1[string, string](lib, "GreetName")
	if err != nil {
		log.Fatal(err)
	}
	s, err := greet(ctx, "Ada")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s)
	// Output: Hello, Ada!
}

// A program that always runs the newest version in a directory.
func ExampleSlot_Swap() {
	ctx := context.Background()
	slot := host.NewSlot("greeter")
	defer slot.Close(ctx)
	greet, _ := host.Func1[string, string](slot, "GreetName")

	for v := range watch.Versions(ctx, "build", "greeter") {
		if _, err := slot.Swap(ctx, v.Path); err != nil {
			log.Print(err) // the previous version goes on serving
			continue
		}
		s, _ := greet(ctx, "Ada")
		fmt.Println(s)
		break // a real program goes on
	}
	// Output: Hello, Ada! (v2)
}

// A function of the library can fail, or panic. Neither hurts the host.
func ExampleCallError() {
	ctx := context.Background()
	lib, err := host.Open(ctx, "build/libgreeter.v1.so")
	if err != nil {
		log.Fatal(err)
	}
	defer lib.Close(ctx)
	greet, _ := host.Func1[string, string](lib, "GreetName")

	_, err = greet(ctx, "")
	var e *host.CallError
	if errors.As(err, &e) {
		fmt.Println(e.Function, "panicked:", e.Panicked, "message:", e.Message)
	}
	// Output: GreetName panicked: false message: the name is empty
}

// A program that learns at run time what there is to call.
func ExampleSlot_Call() {
	ctx := context.Background()
	slot := host.NewSlot("greeter")
	defer slot.Close(ctx)
	if _, err := slot.Swap(ctx, "build/libgreeter.v2.so"); err != nil {
		log.Fatal(err)
	}
	for _, f := range slot.Current().Description().Manifest.Functions {
		fmt.Println(f.Name, f.Signature)
	}
	r, err := slot.Call(ctx, "Add", 20, 22.0)
	fmt.Println(r.Value, "of version", r.Version, err)
	// Output:
	// Add func(a int32, b int32) int32
	// Greet func() cstring
	// GreetName func(name string) (string, error)
	// 42 of version 2 <nil>
}

// A host that loads only what its own people have signed. The key was written by
// hotso keygen; while keys change, give the old and the new one.
func ExampleTrustKeys() {
	key, err := host.ParsePublicKey("RWRXA4Ohpzmrs9SY5UKxUGcvBLkxP/oGhU+yIvyti7Q/KmaXjYo0S27x")
	if err != nil {
		log.Fatal(err)
	}
	slot := host.NewSlot("greeter", host.TrustKeys(key))
	_, err = slot.Swap(context.Background(), "build/libgreeter.v1.so")
	fmt.Println("unsigned:", errors.Is(err, host.ErrUnsigned))
	// Output:
	// unsigned: true
}

// The host's own test of a new version, which it may call before anybody else can.
func ExampleCheck() {
	ctx := context.Background()
	slot := host.NewSlot("greeter", host.Check(func(ctx context.Context, candidate *host.Library) error {
		r, err := candidate.Call(ctx, "Greet")
		if err == nil && r.Value != "Hello, Golang!" {
			err = fmt.Errorf("it says %q", r.Value)
		}
		return err
	}))
	defer slot.Close(ctx)
	for _, file := range []string{"build/libgreeter.v1.so", "build/libgreeter.v2.so"} {
		_, err := slot.Swap(ctx, file)
		fmt.Println("kept out:", errors.Is(err, host.ErrUnhealthy), "serving:", slot.Current().Version())
	}
	// Output:
	// kept out: false serving: 1
	// kept out: true serving: 1
}

// A new version answers some of the users first.
func ExampleSlot_Canary() {
	ctx := context.Background()
	slot := host.NewSlot("greeter")
	defer slot.Close(ctx)
	greet, _ := host.Func1[string, string](slot, "GreetName")
	if _, err := slot.Swap(ctx, "build/libgreeter.v1.so"); err != nil {
		log.Fatal(err)
	}
	share := host.Share{Percent: 5, Keys: []string{"tester"}}
	if _, err := slot.Canary(ctx, "build/libgreeter.v2.so", share, host.Promotion{}); err != nil {
		log.Fatal(err)
	}
	for _, user := range []string{"user-1", "user-2", "tester"} {
		s, _ := greet(host.WithKey(ctx, user), "Ada")
		fmt.Println(user, "gets", s)
	}
	if _, err := slot.Promote(ctx); err != nil {
		log.Fatal(err)
	}
	s, _ := greet(host.WithKey(ctx, "user-1"), "Ada")
	fmt.Println("user-1 gets", s)
	// Output:
	// user-1 gets Hello, Ada!
	// user-2 gets Hello, Ada!
	// tester gets Hello, Ada! (v2)
	// user-1 gets Hello, Ada! (v2)
}
