package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host/cmd/hotso/internal/config"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// serveFlags are what the command line says; what a file may say as well is in Config.
type serveFlags struct {
	config.Config
	token     string
	hasToken  bool // --token was given, perhaps empty
	json      bool
	file      string
	checkOnly bool
	schema    bool
	isGiven   func(flag string) bool
	upgrade   upgradeFlags
}

func newServe(t *terminal) *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve {DIR | oci://REGISTRY/NAME:TAG}...",
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
  GET  /event/ID     all of an event: the stack of a crash, the report of an unload
  GET  /history      calls, failures and latency: of each second for an hour, of a day
  GET  /inflight     the calls that are inside, the longest first
  GET  /healthz      200 while a version serves, 503 otherwise
  GET  /metrics      for Prometheus: calls, versions, requests, the process
  GET  /             a page with all this for a browser, and buttons to deploy

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

oci://REGISTRY/NAME:TAG is a channel: what its tag stands for is served, also when that changes (--poll), and of a
rollout what this host is to run: see hotso help oci. Files are kept in --cache, so that a restart needs no registry.
A tag that goes back to an older version is followed with --allow-rollback only. With --cosign-key a version is taken if cosign
has signed it with one of these keys, be it later.

With --exclusive, or for a library that asks for it, only one version is live: the new one starts when
the old one has stopped and left, while calls wait; if it fails, the old one is started again. Such a
library gets no canary, and no version is kept warm for it.

Of the sockets that systemd passes (sd_listen_fds), the one called hotso is the server's, instead of
--addr; others are for the library: cabi.Inherited, by their names. systemd is told when the service is ready,
and that it is alive (Type=notify, WatchdogSec=).

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
that has waited longest for its client is closed, of those without a reply so far if there
are any. A header (of at most 16 KiB) has 10 s to come, a body 30 s, a connection without a
request 2 minutes, and each 64 KiB of a reply 10 s to be taken.

--config FILE says the same in YAML, with settings of single libraries below libraries: NAME:.
Flags go before it. hotso help configuration has all keys; --config-schema is for editors.

On SIGHUP the server reads the files of --config, --key, --cosign-key and --token-file again; if one of
them is bad, all stays as it was. What of --config needs a restart is named. A version that is loaded
serves on.
On SIGUSR2 a new process takes over, from the program as it is on disk by then, with the same arguments
and sockets. If it does not serve within --upgrade-timeout, this one serves on. No request is lost:
see hotso help operations.
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
  hotso serve oci://registry.example.com/team/greeter:stable --key hotso.pub
  hotso serve --config hotso.yaml --check-config          # is it good?
  hotso serve --config hotso.yaml --log json
  hotso serve build --allow-host greeter.example.com      # behind a proxy
  kill -USR2 $(cat hotso.pid)          # with --pid-file hotso.pid: upgrade hotso
  curl -d '[1, 2]' 127.0.0.1:8080/call/Add
  curl -d '{"p": {"name": "Ada"}}' 127.0.0.1:8080/call/Greeter.Greet
  curl -N 127.0.0.1:8080/events`,
		Args:              arguments(0, -1),
		ValidArgsFunction: completeDirs,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.upgrade.hasAddr = cmd.Flags().Changed("addr")
			f.Directories, f.hasToken = args, cmd.Flags().Changed("token")
			f.isGiven = func(flag string) bool { return flag == "DIR" && len(args) > 0 || cmd.Flags().Changed(flag) }
			if f.schema {
				_, err := t.out.Write(config.Schema())
				return err
			}
			return serve(cmd.Context(), t, &f)
		},
	}
	f.add(cmd)
	return cmd
}

func serve(ctx context.Context, t *terminal, f *serveFlags) error {
	log := newServeLog(t, f.json)
	defer log.close()
	now, err := newSetup(f)
	if err != nil {
		return err
	}
	if err := checkDirs(now.Directories); err != nil || f.checkOnly {
		return err
	}
	log.set(now.Log, now.LogRate)
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, os.Interrupt)
	defer stop()
	channels, err := now.openChannels()
	if err != nil {
		return err
	}
	stopChannels := channels.follow(ctx)
	defer stopChannels()
	names, waitsFor, err := now.look()
	if err != nil {
		return err
	}
	up, provided, err := f.upgrade.begin(log.note)
	if err != nil {
		return err
	}
	l, err := up.listen(now.Address)
	if err != nil {
		return err
	}
	sockets, err := now.makeSockets(up)
	if err != nil {
		return errors.Join(err, l.Close())
	}

	now.collectInTime()
	signal.Ignore(syscall.SIGPIPE) // the server goes on when the reader of stdout or stderr has gone
	context.AfterFunc(ctx, stop)   // the second signal kills

	live := newRunning(f, now, append(provided, log.libraries()), log)
	live.server = server.New(server.Config{
		Dirs: now.dirs, Channels: channels.byDirectory(), Metrics: channels.metrics(), Names: now.Names, Settings: live.settings, Sockets: sockets,
		Drain: now.Drain, Token: now.token, AllowHosts: now.hosts(),
		MaxBody: int64(now.MaxBody), MaxMemory: int64(now.MaxMemory), MaxConns: now.MaxConnections,
		NoPage: now.NoPage, NoMetrics: now.NoMetrics,
		OnEvent: up.seeing(log.event), Log: log.ofHTTP(),
	})
	live.reloads(ctx)
	log.listening(l.Addr().String(), waitsFor)
	channels.tell(live.server) // now: the address is the first line
	up.await(names, waitsFor != "")
	serving, stopUpgrades := up.run(ctx, live, sockets)
	defer stopUpgrades()
	return live.server.Serve(serving, l)
}
