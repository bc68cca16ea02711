package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/version"
)

// promotionFlags say when a canary is promoted without hotso promote.
type promotionFlags host.Promotion

func (f *promotionFlags) add(cmd *cobra.Command) { addPromotion(cmd, &f.Calls, &f.After, &f.Errors) }

func addPromotion(cmd *cobra.Command, calls *int64, after *time.Duration, errors *float64) {
	cmd.Flags().Int64Var(calls, "promote-calls", 0, "promote it after it has answered that many calls")
	cmd.Flags().DurationVar(after, "promote-after", 0, "promote it after that time; with --promote-calls, after both")
	cmd.Flags().Float64Var(errors, "promote-errors", 0, "but not while a larger share of its calls, between 0 and 1, has failed")
}

func (f *promotionFlags) check() error {
	if f.Calls < 0 || f.After < 0 || !(f.Errors >= 0 && f.Errors <= 1) {
		return usagef("--promote-calls and --promote-after must not be negative, and --promote-errors between 0 and 1")
	}
	return nil
}

type canaryFlags struct {
	percent   float64
	keys      []string
	header    string
	promotion promotionFlags
	abort     bool
	socket    string
	name      string
	json      bool
}

func newCanary(t *terminal) *cobra.Command {
	var f canaryFlags
	cmd := &cobra.Command{
		Use:   "canary [FILE|DIR]",
		Short: "Have a running server try a version on a share of the calls",
		Long: `Have the server of FILE's directory load FILE beside the version that serves, and
send it a share of the calls: --percent of them, and those with a key of --for. The
key of a call is its header Hotso-Key, or --header: all calls with one key reach the
same version, and a key that is on the canary stays there while the share grows.
Calls without a key are drawn at random.

Without FILE, the share of the running canary is changed. The canary ends with hotso
promote, with --abort, by the --promote flags, or by itself: when too many of its
calls fail, its health hooks do, or it crashes. Then its calls go to the
version that has served all the time. hotso versions shows the figures of both.

A server that was started with --canary begins one for each newer version. Others
swap newer versions in at once: there, FILE may be one that was rolled back.`,
		Example: `  hotso canary build/libgreeter.v2.so --percent 5
  hotso canary build/libgreeter.v2.so --for alice --for bob --header X-User
  hotso canary build/libgreeter.v2.so --percent 5 --promote-calls 1000 --promote-after 10m
  hotso canary --percent 20
  hotso promote
  hotso canary --abort`,
		Args:              arguments(0, 1),
		ValidArgsFunction: completeVersions,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runCanary(cmd, t, append(args, "build")[0], f)
		},
	}
	cmd.Flags().Float64Var(&f.percent, "percent", 0, "share of the calls, from 0 to 100")
	cmd.Flags().StringArrayVar(&f.keys, "for", nil, "key whose calls go to it as well; may be repeated")
	cmd.Flags().StringVar(&f.header, "header", "", "request header that has the key of a call; default "+server.DefaultKeyHeader)
	f.promotion.add(cmd)
	cmd.Flags().BoolVar(&f.abort, "abort", false, "end it: its calls go to the version that serves")
	cmd.Flags().StringVar(&f.socket, "socket", "", "the server's socket; default "+server.SocketName+" in the directory")
	cmd.Flags().StringVar(&f.name, "name", "", "library, if the server has several of DIR and no FILE is given")
	completes(cmd, completeServed, "name")
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON document")
	return cmd
}

func runCanary(cmd *cobra.Command, t *terminal, path string, f canaryFlags) error {
	dir, file := path, ""
	if name, _, ok := version.ParseFileName(filepath.Base(path)); ok {
		dir, file = filepath.Dir(path), filepath.Base(path)
		if f.name != "" && f.name != name {
			return usagef("--name %s: %s is a version of %s", f.name, path, name)
		}
		f.name = name
	} else if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return usagef("%s: a library to deploy is called libNAME.vVERSION.so", path)
	}
	if f.socket == "" {
		f.socket = filepath.Join(dir, server.SocketName)
	}
	changed := cmd.Flags().Changed
	if f.abort {
		if file != "" || changed("percent") || changed("for") {
			return usagef("--abort takes no file and no share")
		}
		return post(cmd.Context(), t, client(f.socket), of("/abort", f.name), f.json,
			func(r host.Report) string { return fmt.Sprintf("v%s is aborted, and %s", r.Version, r.State) })
	}
	if err := f.promotion.check(); err != nil {
		return err
	}
	switch {
	case !changed("percent") && len(f.keys) == 0:
		return usagef("which calls? Give --percent or --for, or --abort to end it")
	case !(f.percent >= 0 && f.percent <= 100):
		return usagef("--percent %v: it must be from 0 to 100", f.percent)
	case file == "" && f.promotion != promotionFlags{}:
		return usagef("the --promote flags are for a new canary, with FILE")
	}
	want := server.CanaryRequest{SwapRequest: server.SwapRequest{File: file}, Percent: &f.percent, Keys: f.keys,
		Header: f.header, Calls: f.promotion.Calls, Errors: f.promotion.Errors}
	if f.promotion.After > 0 {
		want.After = f.promotion.After.String()
	}
	body, err := json.Marshal(want)
	if err != nil {
		return err
	}
	var v host.VersionInfo
	if err := client(f.socket).do(cmd.Context(), http.MethodPost, of("/canary", f.name), body, &v); err != nil {
		return err
	}
	if f.json {
		return t.json(v)
	}
	return t.say("v%s gets %s", v.Version, host.Share{Percent: v.Share, Keys: v.Keys})
}

func newPromote(t *terminal) *cobra.Command {
	return deployCommand(t, "promote [DIR]", "Have a running server send all calls to the canary",
		`Have the server of DIR (default build) make the canary the version that serves. The
previous version is unloaded, or kept warm (serve --probation).`,
		"  hotso promote\n  hotso promote build --name greeter --json",
		func(ctx context.Context, c client, library string, asJSON bool) error {
			return post(ctx, t, c, of("/promote", library), asJSON, func(s host.Swap) string { return "v" + s.Version + " serves" })
		})
}
