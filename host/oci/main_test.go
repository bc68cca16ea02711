package oci_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/oci"
)

const (
	childReference = "HOTSO_TEST_REFERENCE"
	childCache     = "HOTSO_TEST_CACHE"
)

func TestMain(m *testing.M) {
	if reference := os.Getenv(childReference); reference != "" {
		child(reference, os.Getenv(childCache))
		return
	}
	before := runtime.NumGoroutine()
	libtest.Main(m, libtest.Check(func() error {
		if now := runtime.NumGoroutine(); now > before {
			stacks := make([]byte, 1<<20)
			return fmt.Errorf("%d goroutines, %d before:\n%s", now, before, stacks[:runtime.Stack(stacks, true)])
		}
		return nil
	}))
}

// child prints what it finds, until its input ends.
func child(reference, cache string) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = os.Stdin.Read(make([]byte, 1))
		cancel()
	}()
	f, err := oci.New(reference, oci.WithCache(cache), oci.WithHostID("a host"), oci.Every(40e6))
	if err != nil {
		fmt.Println(err)
		return
	}
	for e := range f.Events(ctx) {
		fmt.Println(e.Kind, e.Version.Text, e.Err)
	}
}
