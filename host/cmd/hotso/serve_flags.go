package main

import (
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/config"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/oci"
)

// defaultLogRate is more than a library logs that is well, in records a second.
const defaultLogRate = 1000

// add has the flags write to f, which has the defaults then. The keys of package config name the
// flags that say the same.
func (f *serveFlags) add(cmd *cobra.Command) {
	f.MaxBody, f.MaxMemory = server.DefaultMaxBody, server.DefaultMaxMemory
	flags := cmd.Flags()
	flags.StringVar(&f.file, "config", "", "YAML file that says what these flags do, and more for single libraries")
	flags.BoolVar(&f.checkOnly, "check-config", false, "look whether --config and what it names are good, and end")
	flags.BoolVar(&f.schema, "config-schema", false, "print a JSON schema of --config, and end")
	flags.StringArrayVar(&f.Names, "name", nil, "library to serve, if it is not to be all of them; may be repeated")
	flags.StringVar(&f.Address, "addr", "127.0.0.1:8080", "address to listen on; port 0 takes a free one")
	flags.StringArrayVar(&f.AllowHosts, "allow-host", nil, "name by which requests may address the server, in Host; may be repeated")
	flags.DurationVar(&f.Drain, "drain", host.DefaultDrainTimeout, "how long to wait for the calls inside an old version")
	flags.StringArrayVar(&f.Keys, "key", nil, "public key to trust, a file or its text; may be repeated")
	flags.DurationVar(&f.Probation, "probation", 0, "how long to keep the previous version warm, to go back to")
	flags.BoolVar(&f.Exclusive, "exclusive", false, "have one version live at a time, also of libraries that do not ask for it (cabi.Exclusive)")
	flags.StringArrayVar(&f.Checks, "check", nil, "call that must succeed on a version before it serves: 'Func ARG...' or 'Func ARG... = ANSWER'; may be repeated")
	flags.Var(&f.Canary, "canary", "percent of the calls that a newer version gets first, until it is promoted")
	addPromotion(cmd, &f.PromoteCalls, &f.PromoteAfter, &f.PromoteErrors)
	flags.StringVar(&f.token, "token", "", "bearer token that deployments over TCP need; others can see it in ps, so rather use --token-file")
	flags.StringVar(&f.TokenFile, "token-file", "", "file with the token; white space around it does not count")
	flags.StringVar(&f.Socket, "socket", "", "unix socket for hotso versions and its kin; default "+server.SocketName+" in each DIR, if it can be made")
	flags.Var(&f.MaxBody, "max-body", "largest body of a request")
	flags.Var(&f.MaxMemory, "max-memory", "what the bodies, arguments and results of all requests take together")
	flags.IntVar(&f.MaxCalls, "max-calls", host.DefaultMaxCalls, "calls and streams inside a version at a time")
	flags.DurationVar(&f.CallTimeout, "call-timeout", 0, "how long a call may take; 0: as long as it likes")
	flags.BoolVar(&f.KillHung, "kill-hung", false, "end a version when one of its calls outlives --call-timeout and does not heed its context")
	flags.IntVar(&f.MaxConnections, "max-connections", server.DefaultMaxConns, "connections over TCP at a time")
	flags.BoolVar(&f.NoPage, "no-page", false, "do not serve the page for operators at /")
	flags.BoolVar(&f.NoMetrics, "no-metrics", false, "leave GET /metrics out")
	flags.StringVar(&f.Log, "log", config.TextLog, "what the log on stderr is for: people (text) or machines (json)")
	flags.IntVar(&f.LogRate, "log-rate", defaultLogRate, "log records of a library that are written in a second; 0: all")
	flags.DurationVar(&f.Poll, "poll", oci.DefaultInterval, "how often a registry is asked what the tag of a channel stands for")
	flags.StringVar(&f.HostID, "host-id", os.Getenv("HOTSO_HOST_ID"), "name of this host in rollouts, which must stay the same; default $HOTSO_HOST_ID, or one from machine-id and host name")
	flags.BoolVar(&f.Rollback, "allow-rollback", false, "follow the tag of a channel to an older version as well")
	f.CacheSize = oci.DefaultCacheSize
	flags.StringVar(&f.Cache, "cache", "", "directory of what comes from registries; default $CACHE_DIRECTORY/oci, or hotso/oci in this user's cache")
	flags.Var(&f.CacheSize, "cache-size", "what the cache takes on disk")
	flags.BoolVar(&f.PlainHTTP, "plain-http", false, "ask registries without TLS; one on this machine needs no leave for that")
	flags.StringVar(&f.RegistryCA, "registry-ca", "", "PEM file with the authorities to trust for registries, instead of the system's")
	flags.StringArrayVar(&f.CosignKeys, "cosign-key", nil, "public key of cosign's that must have signed what comes from registries, a PEM file; may be repeated")
	f.upgrade.add(cmd)
	flags.BoolVar(&f.json, "json", false, "write the address, then each event, as lines of JSON to stdout")
	completes(cmd, completeNames, "name")
	completes(cmd, cobra.FixedCompletions([]string{config.TextLog, config.JSONLog}, cobra.ShellCompDirectiveNoFileComp), "log")
	completes(cmd, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
	}, "config")
	completes(cmd, completeNothing, "addr", "allow-host", "drain", "probation", "check", "canary", "token", "log-rate", "poll", "host-id")
	_ = cmd.MarkFlagDirname("cache")
}

// collectInTime has the collector work harder before the server's memory is more than it can need: what it has
// for requests, twice, as most of that is garbage a moment later, what it takes itself, and 20 KiB for each connection
// beyond the usual number. Otherwise it lags behind hostile clients on a busy machine. GOMEMLIMIT goes before.
func (s *setup) collectInTime() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // the server's own heap is small: it would collect a hundred times a second
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		more := max(s.MaxConnections-server.DefaultMaxConns, 0)
		debug.SetMemoryLimit(64<<20 + 2*int64(s.MaxMemory) + int64(more)*20<<10)
	}
}
