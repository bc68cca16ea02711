package main

import (
	"context"
	"errors"
	"log"
	"net"
	"os"
	"os/signal"
	"path/filepath"
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
	probation  time.Duration
	checks     []string
	canary     canaryOnServe
	hasCanary  bool
	token      string
	tokenFile  string
	hasToken   bool // --token was given, perhaps empty
	socket     string
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
  POST /swap         {"version": "2"} or {"file": "..."} in DIR: have it serve
  POST /rollback     go back to the version before
  POST /canary       {"version": "2", "percent": 5}: have it serve some calls
  POST /promote      the canary serves all calls
  POST /abort        the canary serves none
  GET  /versions     all versions seen: state, calls in flight, why refused
  GET  /events       what happens, as server-sent events
  GET  /healthz      200 while a version serves, 503 otherwise

A version is loaded if it is newer than the one that serves, or the same with
other content. An older one is not. With --key, only if one of the keys signed
it. With --check, only if the call succeeds on it and, behind =, gives that answer,
as hotso call prints it; words are separated by spaces. []byte is a base64 string
in JSON; a stream is the body as it comes. What a library logs by package cabilog goes
to stderr.

With --probation the version before is kept warm after each swap: if too many
calls of the new one fail, its health hooks do, or it crashes, the calls go back.
DIR/.hotso.state remembers which version passed last: a restart begins with it, and
newer ones follow unless they had failed.

With --canary a newer version gets only that share of the calls, until hotso
promote, or the --promote flags, have it serve. Requests with the same header
Hotso-Key reach the same version. See hotso canary.

Deployments (/swap, /rollback, /canary, /promote, /abort) are for loopback only, or,
with --token or --token-file, for requests with the header Authorization: Bearer
TOKEN. The commands versions, rollback, canary and promote use a unix socket that
only you can open.
SIGTERM and SIGINT wait for the calls inside, at most for --drain, and end it;
a second one ends it at once.`,
		Example: `  hotso serve build
  hotso serve build --key hotso.pub
  hotso serve build --probation 30s --token-file token
  hotso serve build --check 'Add 20 22 = 42' --check Greet
  hotso serve build --canary 5 --promote-calls 1000 --promote-after 10m
  hotso serve build --name greeter --addr 127.0.0.1:9000
  curl -d '[1, 2]' 127.0.0.1:8080/call/Add
  curl -N 127.0.0.1:8080/events`,
		Args: arguments(1, 1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			f.hasCanary, f.hasToken = cmd.Flags().Changed("canary"), cmd.Flags().Changed("token")
			return serve(cmd.Context(), t, args[0], f)
		},
	}
	cmd.Flags().StringVar(&f.name, "name", "", "library to serve, if DIR has several")
	cmd.Flags().StringVar(&f.addr, "addr", "127.0.0.1:8080", "address to listen on; port 0 takes a free one")
	cmd.Flags().DurationVar(&f.drain, "drain", host.DefaultDrainTimeout, "how long to wait for the calls inside an old version")
	cmd.Flags().StringArrayVar(&f.keys, "key", nil, "public key to trust, a file or its text; may be repeated")
	cmd.Flags().DurationVar(&f.probation, "probation", 0, "how long to keep the version before warm, to go back to")
	cmd.Flags().StringArrayVar(&f.checks, "check", nil, "call that must succeed on a version before it serves: 'Func ARG...' or 'Func ARG... = ANSWER'; may be repeated")
	f.canary.add(cmd)
	cmd.Flags().StringVar(&f.token, "token", "", "bearer token that deployments over TCP need; others can see it in ps, so rather:")
	cmd.Flags().StringVar(&f.tokenFile, "token-file", "", "file with the token; white space around it does not count")
	cmd.Flags().StringVar(&f.socket, "socket", "", "unix socket for hotso versions and its like; default "+server.SocketName+" in DIR, if it can be made")
	cmd.Flags().BoolVar(&f.json, "json", false, "write the address, then each event, as lines of JSON to stdout")
	return cmd
}

func serve(ctx context.Context, t *terminal, dir string, f serveFlags) error {
	if f.drain <= 0 {
		return usagef("--drain %v: it must be more than 0", f.drain)
	}
	if f.probation < 0 {
		return usagef("--probation %v: it must not be negative", f.probation)
	}
	share, promotion, err := f.canary.config(f.hasCanary)
	if err != nil {
		return err
	}
	checks, err := parseChecks(f.checks)
	if err != nil {
		return err
	}
	token, err := f.readToken()
	if err != nil {
		return err
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
	socket, err := f.listenUnix(dir)
	if err != nil {
		return errors.Join(err, l.Close())
	}

	signal.Ignore(syscall.SIGPIPE) // whoever reads stdout or stderr may go, and the server stays
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop) // the second signal kills

	out := &serveLog{terminal: t, json: f.json}
	waiting := len(names) == 0 || f.name != "" && !slices.Contains(names, f.name)
	out.listening(dir, f.name, l.Addr().String(), waiting)
	state := ""
	if f.probation > 0 || share != nil {
		state = filepath.Join(dir, server.StateName)
	}
	s := server.New(server.Config{
		State: state,
		Dir:   dir, Name: f.name, Drain: f.drain, Token: token, Socket: socket,
		Canary: share, Promotion: promotion,
		Options: append(trust, host.Probation(f.probation, host.Rule{}), checking(checks), t.logs()),
		OnEvent: out.event, Log: log.New(t.err, "hotso: ", 0),
	})
	return s.Serve(ctx, l)
}

// readToken returns the bearer token, empty if none is wanted.
func (f serveFlags) readToken() (string, error) {
	switch {
	case f.hasToken && f.tokenFile != "":
		return "", usagef("--token and --token-file: one of them")
	case f.hasToken:
		return checkToken("--token", f.token)
	case f.tokenFile == "":
		return "", nil
	}
	b, err := os.ReadFile(f.tokenFile)
	if err != nil {
		return "", err
	}
	return checkToken("--token-file "+f.tokenFile, strings.TrimSpace(string(b)))
}

// checkToken refuses a token that no request could bring, or that would let everybody on
// loopback in without one.
func checkToken(where, token string) (string, error) {
	switch {
	case token == "":
		return "", usagef("%s: it is empty", where)
	case strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }):
		return "", usagef("%s: a token is one word of ASCII, without spaces and further lines", where)
	}
	return token, nil
}

// listenUnix makes the socket. Unless it was asked for, it need not be: DIR may not
// be there yet, be read-only, or have another server.
func (f serveFlags) listenUnix(dir string) (net.Listener, error) {
	if f.socket != "" {
		return server.ListenUnix(f.socket)
	}
	l, err := server.ListenUnix(filepath.Join(dir, server.SocketName))
	if err != nil {
		return nil, nil
	}
	return l, nil
}
