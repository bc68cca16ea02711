package main

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/cmd/hotso/internal/top"
)

type topFlags struct {
	name                   string // of a library; empty: all
	socket, url, tokenFile string
	plain, json            bool
}

func newTop(t *terminal) *cobra.Command {
	var f topFlags
	cmd := &cobra.Command{
		Use:   "top [DIR]",
		Short: "Show a running server in the terminal: versions, calls, latencies, events",
		Long: `Show the server of DIR (default build), or that of --url, in the terminal, as it changes: the
versions of its libraries, how many calls a second they answer and how many of those
fail, how long calls take, and what happens to versions.

  j k, arrows   select a version; enter shows all that is known of it
  r p a         roll back; promote the canary, or abort it: each asks first
  /             show only versions and events that have a text
  ? q           help; quit

If the server goes away, it is tried again until it is back. Deployments over a URL need
the server's token.

In a pipe, and with --plain, the versions are printed once.`,
		Example: `  hotso top
  hotso top build --name greeter
  hotso top --url http://127.0.0.1:8080 --token-file token
  hotso top --plain
  hotso top --json | jq '.libraries[].versions[] | select(.state == "serving") | .rate'`,
		Args:              arguments(0, 1),
		ValidArgsFunction: completeDir,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := f.server(args)
			if err != nil {
				return err
			}
			return f.run(cmd.Context(), t, s)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.name, "name", "", "show only that library, if the server has several")
	flags.StringVar(&f.socket, "socket", "", "the server's socket; default "+server.SocketName+" in DIR")
	flags.StringVar(&f.url, "url", "", "the server's URL, instead of a socket")
	flags.StringVar(&f.tokenFile, "token-file", "", "file with the token that deployments over --url need; white space around it does not count")
	flags.BoolVar(&f.plain, "plain", false, "print the versions once, as text")
	flags.BoolVar(&f.json, "json", false, "print one JSON document")
	completes(cmd, completeNothing, "name", "url")
	return cmd
}

// server is the one that is asked for.
func (f topFlags) server(args []string) (*top.Server, error) {
	if f.url != "" {
		switch {
		case len(args) > 0 || f.socket != "":
			return nil, usagef("--url, DIR and --socket: one of them")
		case !isURL(f.url):
			return nil, usagef("--url %q: it begins with http:// or https://", f.url)
		}
		return f.at(client(f.url))
	}
	if f.tokenFile != "" {
		return nil, usagef("--token-file is for --url; a socket needs no token")
	}
	if f.socket == "" {
		var err error
		if f.socket, err = socketIn(append(args, "build")[0]); err != nil {
			return nil, err
		}
	}
	return f.at(client(f.socket))
}

func (f topFlags) at(c client) (*top.Server, error) {
	s := &top.Server{Place: strings.TrimSuffix(string(c), "/")}
	if u, err := url.Parse(s.Place); err == nil && f.url != "" {
		s.Place = u.Redacted() // it may have a password
	}
	if f.tokenFile != "" {
		b, err := readSmall(f.tokenFile)
		if err != nil {
			return nil, err
		}
		if s.Token, err = checkToken("--token-file "+f.tokenFile, strings.TrimSpace(string(b))); err != nil {
			return nil, err
		}
	}
	transport, base := c.transport()
	s.Only, s.Base, s.HTTP = f.name, base, &http.Client{Transport: transport}
	return s, nil
}

func (f topFlags) run(ctx context.Context, t *terminal, s *top.Server) error {
	if !f.plain && !f.json && t.interactive {
		return top.Run(ctx, s, os.Stdin, os.Stdout, t.outColor)
	}
	snapshot, err := top.Look(ctx, s)
	switch {
	case err != nil:
		return err
	case f.json:
		return t.json(snapshot)
	}
	return top.Write(t.out, snapshot, t.outColor)
}
