package main

import (
	"context"
	"errors"
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
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

type serveFlags struct {
	names      []string
	addr       string
	allowHosts []string
	drain      time.Duration
	keys       []string
	probation  time.Duration
	exclusive  bool
	checks     []string
	canary     canaryOnServe
	hasCanary  bool
	token      string
	tokenFile  string
	hasToken   bool // --token was given, perhaps empty
	socket     string
	json       bool
	limits     limitFlags
}

func newServe(t *terminal) *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve DIR...",
		Short: "Serve the newest versions in directories, and each newer one as it appears",
		Long: `Load the newest version of each library in DIR, serve its functions over HTTP, and
swap in every newer version that appears in DIR, while calls go on.

  POST /call/Greet   a JSON array of arguments -> {"result": ..., "version": "2"};
                     for a method of a contract, Greeter.Greet, also an object by name
  POST /swap         {"version": "2"} or {"file": "..."} in DIR: have it serve
  POST /rollback     go back to the previous version
  POST /canary       {"version": "2", "percent": 5}: have it serve some calls
  POST /promote      the canary serves all calls
  POST /abort        the canary serves none
  GET  /libraries    what is served: name, directory, versions
  GET  /contract     its methods, as an OpenAPI document
  GET  /versions     all versions seen: state, calls in flight, why refused
  GET  /events       what happens, as server-sent events
  GET  /healthz      200 while a version serves, 503 otherwise

With several libraries the path has the name of the one that is meant behind its first word:
/call/greeter/Greet, /versions/greeter, /rollback/greeter. /events has all of them, and /healthz
is 200 while all serve. A library that appears later is served too, unless --name has chosen.
What becomes of one library does not touch the others; they share the limits on clients.

A version is loaded if it is newer than the one that serves, or the same with
other content. An older one is not. With --key, only if one of the keys signed
it. With --check, only if the call succeeds on it and returns the answer after =, if
there is one, as hotso call prints it; words are separated by spaces. []byte is a base64
string in JSON; a stream is the body as it comes. What a library logs with package
cabilog goes to stderr.

With --probation the previous version is kept warm after each swap: if too many
calls of the new one fail, its health hooks do, or it crashes, the calls go back.
DIR/.hotso.state remembers which version passed last: a restart begins with it, and
newer ones follow unless they failed before.

With --exclusive, or for a library that asks for it, only one version is live: the new one starts when
the old one has stopped and left, while calls wait; if it fails, the old one is started again. Such a
library gets no canary, and no version is kept warm for it.

Sockets that systemd passes (sd_listen_fds) are for the library: cabi.Inherited, by their names.

With --canary a newer version gets only that share of the calls, until hotso
promote, or the --promote flags, have it serve. Requests with the same header
Hotso-Key reach the same version. See hotso canary.

Deployments (/swap, /rollback, /canary, /promote, /abort) over TCP need --token or
--token-file, and the header Authorization: Bearer TOKEN. The commands versions,
rollback, canary and promote use a unix socket that only you can open.

Requests must address the server by an IP address, as localhost, or by a name that
--addr or --allow-host gives: a page of another site, whose own name resolves to
the server, gets nowhere. Behind a proxy, allow the name that it passes on in Host.

A request that the server has no room for waits up to 2 s for memory (--max-memory), or
1 s for a place (--max-calls), then gets 503 with Retry-After; requests and results of
at most 16 KiB need no memory of --max-memory. With --max-connections others open, the one
that has waited longest for its client is closed. A header (of at most 16 KiB) has 10 s to
come, a body 30 s, a connection without a request 2 minutes, and each 64 KiB of a reply
10 s to be taken.

On SIGHUP the server reads the files of --key and --token-file again; if one of them
is bad, all stays as it was. A version that is loaded serves on.
On SIGTERM or SIGINT the server waits for the calls inside, at most for --drain, and
ends; a second signal ends it at once. It does not wait for clients that don't read, or
don't send the rest of their request.`,
		Example: `  hotso serve build
  hotso serve build --key hotso.pub
  hotso serve build --probation 30s --token-file token
  hotso serve build --check 'Add 20 22 = 42' --check Greet
  hotso serve build --canary 5 --promote-calls 1000 --promote-after 10m
  hotso serve build --name greeter --addr 127.0.0.1:9000
  hotso serve /srv/greeter /srv/images                    # several libraries
  hotso serve build --allow-host greeter.example.com      # behind a proxy
  curl -d '[1, 2]' 127.0.0.1:8080/call/Add
  curl -d '{"p": {"name": "Ada"}}' 127.0.0.1:8080/call/Greeter.Greet
  curl -N 127.0.0.1:8080/events`,
		Args:              arguments(1, -1),
		ValidArgsFunction: completeDirs,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.hasCanary, f.hasToken = cmd.Flags().Changed("canary"), cmd.Flags().Changed("token")
			return serve(cmd.Context(), t, args, f)
		},
	}
	cmd.Flags().StringArrayVar(&f.names, "name", nil, "library to serve, if it is not to be all of them; may be repeated")
	cmd.Flags().StringVar(&f.addr, "addr", "127.0.0.1:8080", "address to listen on; port 0 takes a free one")
	cmd.Flags().StringArrayVar(&f.allowHosts, "allow-host", nil, "name by which requests may address the server, in Host; may be repeated")
	cmd.Flags().DurationVar(&f.drain, "drain", host.DefaultDrainTimeout, "how long to wait for the calls inside an old version")
	cmd.Flags().StringArrayVar(&f.keys, "key", nil, "public key to trust, a file or its text; may be repeated")
	cmd.Flags().DurationVar(&f.probation, "probation", 0, "how long to keep the previous version warm, to go back to")
	cmd.Flags().BoolVar(&f.exclusive, "exclusive", false, "have one version live at a time, also of libraries that do not ask for it (cabi.Exclusive)")
	cmd.Flags().StringArrayVar(&f.checks, "check", nil, "call that must succeed on a version before it serves: 'Func ARG...' or 'Func ARG... = ANSWER'; may be repeated")
	f.canary.add(cmd)
	cmd.Flags().StringVar(&f.token, "token", "", "bearer token that deployments over TCP need; others can see it in ps, so rather use --token-file")
	cmd.Flags().StringVar(&f.tokenFile, "token-file", "", "file with the token; white space around it does not count")
	cmd.Flags().StringVar(&f.socket, "socket", "", "unix socket for hotso versions and its kin; default "+server.SocketName+" in each DIR, if it can be made")
	f.limits.add(cmd)
	cmd.Flags().BoolVar(&f.json, "json", false, "write the address, then each event, as lines of JSON to stdout")
	completes(cmd, completeNames, "name")
	completes(cmd, completeNothing, "addr", "allow-host", "drain", "probation", "check", "canary", "token")
	return cmd
}

func serve(ctx context.Context, t *terminal, dirs []string, f serveFlags) error {
	if f.drain <= 0 {
		return usagef("--drain %v: it must be more than 0", f.drain)
	}
	if f.probation < 0 {
		return usagef("--probation %v: it must not be negative", f.probation)
	}
	if err := f.limits.check(); err != nil {
		return err
	}
	if f.exclusive && f.hasCanary {
		return usagef("--exclusive and --canary: a canary is a second version that is live")
	}
	share, promotion, err := f.canary.config(f.hasCanary)
	if err != nil {
		return err
	}
	checks, err := parseChecks(f.checks)
	if err != nil {
		return err
	}
	secrets, err := f.readSecrets()
	if err != nil {
		return err
	}
	hosts, err := f.hosts()
	if err != nil {
		return err
	}
	if err := checkDirs(dirs); err != nil {
		return err
	}
	waitsFor, err := f.look(dirs, secrets.trust())
	if err != nil {
		return err
	}
	provided, err := activated()
	if err != nil {
		return err
	}
	if f.exclusive {
		provided = append(provided, host.Exclusive())
	}
	l, err := net.Listen("tcp", f.addr)
	if err != nil {
		return err
	}
	sockets, err := f.makeSockets(dirs)
	if err != nil {
		return errors.Join(err, l.Close())
	}

	f.limits.collectInTime()
	signal.Ignore(syscall.SIGPIPE) // the server goes on when the reader of stdout or stderr has gone
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop) // the second signal kills

	out := &serveLog{terminal: t, json: f.json}
	settings := server.Settings{
		Canary: share, Promotion: promotion, Remember: f.probation > 0 || share != nil,
		Options: slices.Concat(secrets.trust(), f.limits.calls(), provided,
			[]host.Option{host.Probation(f.probation, host.Rule{}), checking(checks), t.logs()}),
	}
	s := server.New(server.Config{
		Dirs: dirs, Names: f.names, Drain: f.drain, Token: secrets.token, AllowHosts: hosts, Sockets: sockets,
		Settings: func(string) server.Settings { return settings },
		MaxBody:  int64(f.limits.maxBody), MaxMemory: int64(f.limits.maxMemory), MaxConns: f.limits.maxConns,
		OnEvent: out.event, Log: log.New(printable.Log(t.err), "hotso: ", 0),
	})
	reloads(ctx, t, secrets, s)
	out.listening(l.Addr().String(), waitsFor)
	return s.Serve(ctx, l)
}

// activated offers the library what systemd has passed.
func activated() (options []host.Option, err error) {
	files, err := host.Activated()
	for name, f := range files {
		options = append(options, host.ProvideFile(name, f))
	}
	return options, err
}

// reloads has SIGHUP read keys and token again, until ctx ends. Under nohup the signal
// stays ignored.
func reloads(ctx context.Context, t *terminal, secrets *secrets, s *server.Server) {
	if signal.Ignored(syscall.SIGHUP) {
		return
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	context.AfterFunc(ctx, func() { signal.Stop(hangups); close(hangups) })
	go func() {
		for range hangups {
			if err := secrets.read(); err != nil {
				t.note("SIGHUP: keys and token stay as they were: %v", err)
				continue
			}
			s.SetToken(secrets.token)
			s.Recheck()
			t.note("SIGHUP: keys and token are read again")
		}
	}()
}

// hosts are the names that requests may address the server by.
func (f serveFlags) hosts() ([]string, error) {
	for _, h := range f.allowHosts {
		if h == "" || strings.ContainsFunc(h, func(c rune) bool { return c <= ' ' || strings.ContainsRune("/*?#@,", c) }) {
			return nil, usagef("--allow-host %q: give one name, such as api.example.com", h)
		}
	}
	if host, _, err := net.SplitHostPort(f.addr); err == nil && host != "" {
		return append(f.allowHosts, host), nil
	}
	return f.allowHosts, nil
}

// makeSockets makes the sockets. Unless one was asked for, they need not be there yet: DIR
// may come later or have another server, and the server goes on to try and says why.
func (f serveFlags) makeSockets(dirs []string) (sockets []*server.Socket, err error) {
	if f.socket != "" {
		socket := server.NewSocket(f.socket)
		_, err := socket.Make()
		return []*server.Socket{socket}, err
	}
	for _, dir := range dirs {
		socket := server.SocketIn(dir)
		_, _ = socket.Make()
		sockets = append(sockets, socket)
	}
	return sockets, nil
}
