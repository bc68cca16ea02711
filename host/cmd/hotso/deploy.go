package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// deployCommand is a command that talks to a running server.
func deployCommand(t *terminal, use, short, long, example string, run func(context.Context, client, bool) error) *cobra.Command {
	var path string
	var asJSON bool
	cmd := &cobra.Command{
		Use: use, Short: short, Long: long, Example: example, Args: arguments(0, 1),
		ValidArgsFunction: completeDir,
		RunE: func(cmd *cobra.Command, args []string) error {
			if path == "" {
				path = filepath.Join(append(args, "build")[0], server.SocketName)
			}
			return run(cmd.Context(), client(path), asJSON)
		},
	}
	cmd.Flags().StringVar(&path, "socket", "", "the server's socket; default "+server.SocketName+" in DIR")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

func newVersions(t *terminal) *cobra.Command {
	return deployCommand(t, "versions [DIR]", "List the versions of a running server",
		`List what the server of DIR (default build) has seen, oldest first: where each
version is in its life, its share of the calls, how many it has answered, how many of
them failed, how many are inside, and why it is not serving.`, "  hotso versions\n  hotso versions build --json",
		func(ctx context.Context, c client, asJSON bool) error {
			var v server.Versions
			if err := c.do(ctx, http.MethodGet, "/versions", nil, &v); err != nil {
				return err
			}
			if asJSON {
				return t.json(v)
			}
			rows := [][]string{{"version", "state", "share", "calls", "errors", "inside", ""}}
			for _, i := range v.Versions {
				share := ""
				if i.State == host.Serving || i.State == host.Canary {
					share = fmt.Sprintf("%.4g %%", i.Share)
				}
				rows = append(rows, []string{i.Version, string(i.State), share, fmt.Sprint(i.Calls), fmt.Sprint(i.Errors),
					fmt.Sprint(i.InFlight), withPage(firstLine(i.Reason, i.File), i.Page)})
				for _, c := range i.Conflicts {
					rows = append(rows, []string{"", "", "", "", "", "", firstLine(c.String(), "")})
				}
			}
			for _, line := range columns(rows) {
				fmt.Fprintln(t.out, line)
			}
			return nil
		})
}

func newRollback(t *terminal) *cobra.Command {
	return deployCommand(t, "rollback [DIR]", "Have a running server go back to the previous version",
		`Have the server of DIR (default build) go back to the previous version: at once if
it is still warm (serve --probation), loaded again otherwise. The state is handed
back if the versions have one; if that fails the current version stays.`,
		"  hotso rollback\n  hotso rollback build --json",
		func(ctx context.Context, c client, asJSON bool) error {
			return post(ctx, t, c, "/rollback", asJSON, func(s host.Swap) string { return "v" + s.Version + " serves again" })
		})
}

// post asks for a deployment that takes no parameters, and prints the outcome.
func post[T any](ctx context.Context, t *terminal, c client, path string, asJSON bool, says func(T) string) error {
	var done T
	if err := c.do(ctx, http.MethodPost, path, nil, &done); err != nil {
		return err
	}
	if asJSON {
		return t.json(done)
	}
	return t.say("%s", says(done))
}

// A client talks to the server behind a unix socket.
type client string

func (c client) do(ctx context.Context, method, path string, body []byte, result any) error {
	b, err := c.ask(ctx, method, path, body)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, result)
}

// ask returns the body of an answer.
func (c client) ask(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	web := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", string(c))
		},
	}}
	r, err := http.NewRequestWithContext(ctx, method, "http://localhost"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := web.Do(r)
	if err != nil {
		return nil, fmt.Errorf("no server at %s (start one with hotso serve): %w", string(c), errors.Unwrap(err))
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		var f struct{ Error, Page string }
		_ = json.Unmarshal(b, &f) // empty if it is not JSON; then the status says what is wrong
		return nil, &refusedByServer{resp.StatusCode, fmt.Sprintf("%s: %s", resp.Status, f.Error), f.Page}
	}
	return b, nil
}

// refusedByServer is an answer other than 200. It gives the exit code of the same
// error in this process.
type refusedByServer struct {
	status int
	text   string
	page   string
}

func (e *refusedByServer) Error() string { return e.text }

// Page is what the server says that hotso help has on it.
func (e *refusedByServer) Page() string { return e.page }

func (e *refusedByServer) Is(target error) bool {
	return target == host.ErrRefused && e.status == http.StatusUnprocessableEntity ||
		target == host.ErrArgument && e.status == http.StatusBadRequest
}
