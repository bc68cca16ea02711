package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/dev"
	"github.com/hotso/hotso/host/cmd/hotso/internal/live"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/leftover"
	"github.com/hotso/hotso/host/internal/libbuild"
	"github.com/hotso/hotso/host/internal/version"
	"github.com/hotso/hotso/host/watch"
)

type devFlags struct {
	libbuild.Options
	addr              string
	hasAddr           bool
	vet, strict, test bool
	timing            bool
	json              bool
}

func newDev(t *terminal) *cobra.Command {
	var f devFlags
	cmd := &cobra.Command{
		Use:   "dev [DIR] [-- COMMAND ARG...]",
		Short: "Build and swap a library in whenever its source is saved",
		Long: `Build the library in DIR (default: this directory, or the only lib* in it), serve it as hotso serve does, and
build and swap in the next version whenever a source changes: of the packages of its
module that it consists of, of those that a workspace or a replacement has beside it,
what they embed, and go.mod. What hotso gen writes is kept up to date.

A version that does not compile does not serve: the error is shown once, and the version
before serves on. Its state goes to the next one (cabi.OnSave, cabi.OnRestore). go vet
looks at what serves; with --strict, what it complains of does not. Several files that
change together are one build, and a build under way is given up for a newer change.

A page with <script src="http://127.0.0.1:8080/dev.js"></script> loads itself again after
a swap, and shows what does not compile.

With COMMAND your own host runs instead. It picks versions up by itself, with package
watch or hotso serve; {} in an argument stands for the directory where they appear. If
it is go run ./PKG, it is built and started again when its own source changes, and ended
by SIGTERM before; its flags begin behind PKG. For pages, say --addr as well.`,
		Example: `  hotso dev
  hotso dev ./libgreeter --addr 127.0.0.1:9000
  hotso dev ./libshop --test --timing
  hotso dev ./libshop -- go run ./cmd/shop -versions {}`,
		Args: func(cmd *cobra.Command, args []string) error {
			before := cmd.ArgsLenAtDash()
			if before < 0 {
				before = len(args)
			} else if before == len(args) {
				return usagef("-- is followed by no command")
			}
			return arguments(0, 1)(cmd, args[:before])
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			at := cmd.ArgsLenAtDash()
			var command []string
			if at >= 0 {
				args, command = args[:at], args[at:]
			}
			var err error
			f.hasAddr = cmd.Flags().Changed("addr")
			if len(args) > 0 {
				f.Dir = args[0]
			} else if f.Dir, err = libraryBelow("."); err != nil {
				return err
			}
			return develop(cmd.Context(), t, f, command)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.addr, "addr", "127.0.0.1:8080", "address to listen on; port 0 takes a free one")
	flags.StringVarP(&f.Output, "output", "o", "", "directory of the versions (default: one that is removed at the end)")
	flags.StringVar(&f.Name, "name", "", "name of the library (default: the package's directory without \"lib\")")
	flags.StringVar(&f.Tags, "tags", "", "tags for go build -tags")
	flags.StringVar(&f.LDFlags, "ldflags", "", "flags for go build -ldflags")
	flags.BoolVar(&f.vet, "vet", true, "say what go vet says")
	flags.BoolVar(&f.strict, "strict", false, "a version must pass go vet before it serves")
	flags.BoolVar(&f.test, "test", false, "a version must pass the tests of its packages")
	flags.BoolVar(&f.Debug, "debug", false, "build with DWARF, for a debugger, which makes go build twice as long")
	flags.BoolVar(&f.timing, "timing", false, "show where the time of each save went")
	flags.BoolVar(&f.json, "json", false, "write each build as a line of JSON to stdout")
	return cmd
}

// libraryBelow is the directory of the library in dir: dir itself if there is Go code in it, else the only lib*.
func libraryBelow(dir string) (string, error) {
	if own, _ := filepath.Glob(filepath.Join(dir, "*.go")); len(own) > 0 {
		return dir, nil
	}
	files, _ := filepath.Glob(filepath.Join(dir, "lib*", "*.go"))
	var found []string
	for _, f := range files {
		if d := filepath.Dir(f); !slices.Contains(found, d) {
			found = append(found, d)
		}
	}
	switch len(found) {
	case 0:
		return dir, nil
	case 1:
		return found[0], nil
	}
	return "", usagef("which one: %s?", strings.Join(found, ", "))
}

func develop(ctx context.Context, t *terminal, f devFlags, command []string) (err error) {
	if f.Dir, err = filepath.Abs(f.Dir); err != nil {
		return err
	}
	if f.Name == "" {
		f.Name = libbuild.DefaultName(f.Dir)
	}
	if err := version.CheckName(f.Name); err != nil {
		return usageError{err}
	}
	f.Quick, f.Timed = true, f.timing
	pages := live.NewHub()
	out := newDevLog(t, f.Name, f.json, pages)
	b := &dev.Builder{Options: f.Options, Vet: f.vet, Strict: f.strict, Test: f.test, Changed: out.changed, Built: out.built, Vetted: out.vetted}
	hurry := make(chan struct{})
	h := &dev.Host{Command: command, Stdout: t.out, Stderr: t.err, Ended: out.hostEnded, Hurry: hurry}
	b.Host = h.Package()
	if err := b.Prepare(ctx); err != nil {
		return err
	}
	removeVersions := func() {}
	if f.Output == "" {
		if f.Output, err = os.MkdirTemp("", "hotso-dev-"); err != nil {
			return err
		}
		removeVersions = func() { _ = os.RemoveAll(f.Output) }
		defer removeVersions()
	} else if err := os.MkdirAll(f.Output, 0o777); err != nil {
		return err
	}
	release, err := holdVersions(f.Output)
	if err != nil {
		return err
	}
	defer release()
	signal.Ignore(syscall.SIGPIPE)
	signals := []os.Signal{syscall.SIGTERM, os.Interrupt, syscall.SIGHUP}
	ctx, stop := signal.NotifyContext(ctx, signals...)
	defer stop()
	again := make(chan os.Signal, 1)
	context.AfterFunc(ctx, func() { signal.Notify(again, signals...) }) // the second one: whoever runs has no more time
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	context.AfterFunc(ctx, pages.Close)

	b.Output, h.Dir = f.Output, f.Output
	if len(command) > 0 {
		go func() { <-again; close(hurry) }()
		if f.json {
			h.Stdout = t.err // stdout has the lines of JSON
		}
		defer h.Close()
		b.Built = func(r dev.Result) { out.builtFor(ctx, h, r) }
		if !f.hasAddr {
			return b.Run(ctx)
		}
		l, err := listenFor(f.addr)
		if err != nil {
			return err
		}
		web := &http.Server{Handler: pages, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(printable.Log(t.err), "hotso: ", 0)}
		served := make(chan error, 1)
		go func() { served <- web.Serve(l) }()
		out.listening(l.Addr().String())
		err = b.Run(ctx)
		cancel()
		err = errors.Join(err, web.Close())
		<-served
		return err
	}
	go func() {
		if s, ok := <-again; ok {
			removeVersions()
			signal.Reset(s)
			_ = syscall.Kill(os.Getpid(), s.(syscall.Signal))
		}
	}()
	l, err := listenFor(f.addr)
	if err != nil {
		return err
	}
	s := server.New(server.Config{
		Dirs: []string{f.Output}, Names: []string{f.Name}, Sockets: []*server.Socket{server.SocketIn(f.Output)}, OnEvent: out.event,
		// A version appears complete, by a rename, and is judged when it is swapped in.
		Watch:    []watch.Option{watch.WithSettle(time.Millisecond), watch.WithComplete(func(string) error { return nil })},
		Log:      log.New(printable.Log(t.err), "hotso: ", 0),
		Settings: func(string) server.Settings { return server.Settings{Options: []host.Option{t.logs()}} },
		Beside:   map[string]http.Handler{live.Script: pages, live.Events: pages},
	})
	out.listening(l.Addr().String())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l); cancel() }()
	err = b.Run(ctx)
	cancel()
	return errors.Join(err, <-served)
}

func listenFor(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%w: choose another address with --addr", err)
	}
	return l, nil
}

// holdVersions keeps the directory of the versions from another hotso dev, which would take the same numbers. The
// lock ends with the process.
func holdVersions(dir string) (release func(), err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := leftover.Hold(d); err != nil {
		_ = d.Close()
		return nil, fmt.Errorf("%s: another hotso dev builds into it: give this one a directory of its own (-o DIR)", dir)
	}
	return func() { _ = d.Close() }, nil
}
