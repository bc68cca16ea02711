package help_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libbuild"
	"github.com/hotso/hotso/host/internal/libtest"
)

// Every library is truly unloaded: nothing may be left.
func TestMain(m *testing.M) {
	switch err := loadOnce(); {
	case errors.Is(err, libbuild.ErrNoCompiler):
		fmt.Fprintln(os.Stderr, "help: no test loads a library:", err)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	libtest.Main(m)
}

// loadOnce has the host open what the first load opens for good, before anything is counted.
func loadOnce() error {
	dir, err := os.MkdirTemp("", "hotso-help-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	library, err := libtest.GreeterIn(dir, "1")
	if err != nil {
		return err
	}
	lib, err := host.Open(context.Background(), library)
	if err != nil {
		return err
	}
	_, err = lib.Close(context.Background())
	return err
}
