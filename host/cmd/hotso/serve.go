package main

import (
	"context"
	"log"
	"net"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

type serveFlags struct {
	name, addr string
	drain      time.Duration
	keys       []string
	json       bool
}

func newServe(t *terminal) *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve DIR",
		Short: "Serve the newest version in a directory, and each newer one as it appears",
		Long: `Load the newest version of a library in DIR, serve its functions over HTTP, and
swap in every newer version that appears in DIR, while calls go on.

  POST /call/Greet   a JSON array of arguments -> {"result": ..., "version": "2"}
  GET  /versions     all versions seen: state, calls in flight, why refused
  GET  /events       what happens, as server-sent events
  GET  /healthz      200 while a version serves, 503 otherwise

A version is loaded if it is newer than the one that serves, or the same with
other content. An older one is not. With --key, only if one of the keys signed
it. []byte is a base64 string in JSON.
SIGTERM and SIGINT wait for the calls inside, at most for --drain, and end it;
a second one ends it at once.`,
		Example: `  hotso serve build
  hotso serve build --key hotso.pub
  hotso serve build --name greeter --addr 127.0.0.1:9000
  curl -d '[1, 2]' 127.0.0.1:8080/call/Add
  curl -N 127.0.0.1:8080/events`,
		Args: arguments(1, 1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(cmd *cobra.Command, args []string) error { return serve(cmd.Context(), t, args[0], f) },
	}
	cmd.Flags().StringVar(&f.name, "name", "", "library to serve, if DIR has several")
	cmd.Flags().StringVar(&f.addr, "addr", "127.0.0.1:8080", "address to listen on; port 0 takes a free one")
	cmd.Flags().DurationVar(&f.drain, "drain", host.DefaultDrainTimeout, "how long to wait for the calls inside an old version")
	cmd.Flags().StringArrayVar(&f.keys, "key", nil, "public key to trust, a file or its text; may be repeated")
	cmd.Flags().BoolVar(&f.json, "json", false, "write the address, then each event, as lines of JSON to stdout")
	return cmd
}

func serve(ctx context.Context, t *terminal, dir string, f serveFlags) error {
	if f.drain <= 0 {
		return usagef("--drain %v: it must be more than 0", f.drain)
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return usagef("%s is no directory", dir)
	}
	trust, err := trusted(f.keys)
	if err != nil {
		return err
	}
	names, _ := server.Names(dir) // it may not be there yet
	if f.name == "" && len(names) > 1 {
		return usagef("%s has libraries of several names: choose one with --name (%s)", dir, strings.Join(names, ", "))
	}
	l, err := net.Listen("tcp", f.addr)
	if err != nil {
		return err
	}

	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop) // the second signal kills

	out := &serveLog{terminal: t, json: f.json}
	waiting := len(names) == 0 || f.name != "" && !slices.Contains(names, f.name)
	out.listening(dir, f.name, l.Addr().String(), waiting)
	s := server.New(server.Config{
		Dir: dir, Name: f.name, Drain: f.drain, Options: trust,
		OnEvent: out.event, Log: log.New(t.err, "hotso: ", 0),
	})
	return s.Serve(ctx, l)
}
