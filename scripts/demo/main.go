//go:build unix

// Command demo shows a library being replaced inside a running process: it
// builds version 1, serves it, keeps calling, and builds version 2 while the
// calls go on. It uses the hotso command as anybody would. Run it by make demo.
//
// It exits with 1 if a single call failed or was answered wrongly, and leaves
// nothing behind but bin/hotso.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/hotso/hotso/host"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx)
	stopped := ctx.Err() != nil
	stop()
	switch {
	case stopped:
		fmt.Fprintln(os.Stderr, "demo: stopped")
		os.Exit(130)
	case err != nil:
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

const (
	hotso   = "bin/hotso"
	callers = 8
)

func run(ctx context.Context) error {
	if _, err := os.Stat("libgreeter"); err != nil {
		return errors.New("run it in the root of the module: make demo")
	}
	temp, err := os.MkdirTemp("", "hotso-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	served, apart := filepath.Join(temp, "served"), filepath.Join(temp, "apart")

	v := newView()
	defer v.close()
	v.say("building hotso")
	if err := command(ctx, "CGO_ENABLED=0", "go", "build", "-o", hotso, "./host/cmd/hotso"); err != nil {
		return err
	}
	v.say("building greeter v1")
	if err := buildLibrary(ctx, "1", served); err != nil {
		return err
	}
	server, err := startServer(ctx, served, v)
	if err != nil {
		return err
	}
	defer server.kill()
	if err := server.await(ctx, host.Serving, "1"); err != nil {
		return err
	}

	v.say("%d callers POST /call/Greet", callers)
	load := startLoad(ctx, server.url, callers)
	defer load.stop()
	v.watch(load)
	pause(ctx, time.Second)

	v.say("building greeter v2, while they call")
	if err := buildLibrary(ctx, "2", apart); err != nil {
		return err
	}
	deployed := time.Now()
	if err := os.Rename(library(apart, "2"), library(served, "2")); err != nil {
		return err
	}
	v.say("v2 is in the directory")
	if err := server.await(ctx, host.Serving, "2"); err != nil {
		return err
	}
	first, err := load.firstAnswer(ctx, "2")
	if err != nil {
		return err
	}
	v.say("v2 answers %q, %d ms after its file came", greetings["2"], first.Sub(deployed).Milliseconds())
	pause(ctx, time.Second)

	v.say("half a file is dropped in as v3, and a text as v4")
	if err := dropBroken(served); err != nil {
		return err
	}
	for _, version := range []string{"4", "3"} {
		if err := server.await(ctx, host.Refused, version); err != nil {
			return err
		}
	}
	pause(ctx, time.Second)

	load.stop()
	versions, err := server.versions()
	if err != nil {
		return err
	}
	if err := server.stop(); err != nil {
		return err
	}
	v.close()
	summary(os.Stdout, load, first.Sub(deployed), versions)
	return load.verdict()
}

func library(dir, version string) string {
	return filepath.Join(dir, "libgreeter.v"+version+".so")
}

func buildLibrary(ctx context.Context, version, dir string) error {
	return command(ctx, "", hotso, "build", "./libgreeter", "--version", version, "-o", dir)
}

// dropBroken puts two files beside v2 that must not be loaded.
func dropBroken(dir string) error {
	b, err := os.ReadFile(library(dir, "2"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(library(dir, "3"), b[:len(b)/2], 0o755); err != nil {
		return err
	}
	return os.WriteFile(library(dir, "4"), []byte("not a library\n"), 0o755)
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
