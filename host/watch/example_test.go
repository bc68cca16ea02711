package watch_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hotso/hotso/host/watch"
)

// A program that runs the newest version.
func ExampleVersions() {
	dir, _ := os.MkdirTemp("", "build")
	defer os.RemoveAll(dir)
	for _, v := range []string{"9", "10"} {
		os.WriteFile(filepath.Join(dir, "libgreeter.v"+v+".so"), library(), 0o644)
	}

	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for v := range watch.Versions(ctx, dir, "greeter") {
		fmt.Println("load", filepath.Base(v.Path))
		break // a real program goes on
	}
	// Output: load libgreeter.v10.so
}

// A program that shows all that happens.
func ExampleEvents() {
	dir, _ := os.MkdirTemp("", "build")
	defer os.RemoveAll(dir)
	os.WriteFile(filepath.Join(dir, "libgreeter.v1.so"), library(), 0o644)
	os.WriteFile(filepath.Join(dir, "libgreeter.v2.so"), []byte("a text"), 0o644)

	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for e := range watch.Events(ctx, dir, "greeter") {
		switch e.Kind {
		case watch.Found, watch.Changed:
			fmt.Println(e.Kind, e.Version, "newest:", e.Newest)
			return // a real program goes on
		case watch.Removed:
			fmt.Println(e.Kind, e.Version)
		case watch.Invalid, watch.Trouble:
			fmt.Println(e.Kind, e.Version, e.Err != nil)
		}
	}
	// Output:
	// invalid 2 true
	// found 1 newest: true
}
