package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// A profiling is what hotso profile was asked for.
type profiling struct {
	name    string // of the profile, or vars
	library string // empty: the only one
	version string // empty: the one that serves
	length  time.Duration
	text    bool
	output  string
}

func newProfile(t *terminal) *cobra.Command {
	var p profiling
	var path string
	cmd := &cobra.Command{
		Use:   "profile NAME [DIR]",
		Short: "Take a profile of a version in a running server",
		Long: `Take a profile of a version in the server of DIR (default build), and write it to a file
for go tool pprof. The names are heap, allocs, goroutine, block, mutex, threadcreate, profile
(of the processor's time), and trace for go tool trace; vars prints the library's variables. The
version need not serve: it may be a canary, warm, or quarantined.

The library must import github.com/hotso/hotso/cabi/cabiprofile; for vars, .../cabi/cabivars.`,
		Example: `  hotso profile heap
  hotso profile profile build --version 2 --for 10s -o cpu.pb.gz
  hotso profile goroutine --text                        # stacks, to read`,
		Args: arguments(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			p.name = args[0]
			if p.length < 0 {
				return usagef("--for is %v", p.length)
			}
			if path == "" {
				var err error
				if path, err = socketIn(append(args[1:], "build")[0]); err != nil {
					return err
				}
			}
			return p.run(cmd.Context(), t, client(path))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&p.version, "version", "", "version; default: the one that serves")
	flags.DurationVar(&p.length, "for", 0, "how long, for profile and trace (default 30s and 1s)")
	flags.BoolVar(&p.text, "text", false, "text instead of a file for go tool pprof, to standard output")
	flags.StringVarP(&p.output, "output", "o", "", "file; - is standard output (default LIBRARY.vVERSION.NAME.pb.gz)")
	flags.StringVar(&p.library, "name", "", "library, if the server has several of DIR")
	completes(cmd, func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		return completeServed(cmd, args[min(1, len(args)):], begun)
	}, "name")
	flags.StringVar(&path, "socket", "", "the server's socket; default "+server.SocketName+" in DIR")
	return cmd
}

func (p *profiling) run(ctx context.Context, t *terminal, c client) error {
	var v server.Versions
	if err := c.do(ctx, http.MethodGet, of("/versions", p.library), nil, &v); err != nil {
		return err
	}
	version := cmp.Or(p.version, v.Serving)
	content, err := c.ask(ctx, http.MethodGet, p.path(v.Name, version), nil)
	if err != nil {
		return err
	}
	if p.text || p.name == "vars" || p.output == "-" {
		_, err := t.out.Write(content)
		return err
	}
	tool, kind := "pprof", "pb.gz"
	if p.name == "trace" {
		tool, kind = "trace", "out"
	}
	file := cmp.Or(p.output, fmt.Sprintf("%s.v%s.%s.%s", v.Name, version, filepath.Base(p.name), kind))
	if err := os.WriteFile(file, content, 0o666); err != nil {
		return err
	}
	return t.say("%s  go tool %s %s", file, tool, file)
}

func (p *profiling) path(name, version string) string {
	library := url.PathEscape(name + "@" + version)
	if p.name == "vars" {
		return "/debug/vars/" + library
	}
	query := url.Values{}
	if p.length > 0 {
		query.Set("seconds", fmt.Sprint(p.length.Seconds()))
	}
	if p.text {
		query.Set("debug", "2")
	}
	return "/debug/pprof/" + library + "/" + url.PathEscape(p.name) + "?" + query.Encode()
}
