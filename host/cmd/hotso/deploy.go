package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// deployCommand is a command that talks to a running server.
func deployCommand(t *terminal, use, short, long, example string, run func(ctx context.Context, c client, library string, asJSON bool) error) *cobra.Command {
	var path, library string
	var asJSON bool
	cmd := &cobra.Command{
		Use: use, Short: short, Long: long, Example: example, Args: arguments(0, 1),
		ValidArgsFunction: completeDir,
		RunE: func(cmd *cobra.Command, args []string) error {
			if path == "" {
				var err error
				if path, err = socketIn(append(args, "build")[0]); err != nil {
					return err
				}
			}
			return run(cmd.Context(), client(path), library, asJSON)
		},
	}
	cmd.Flags().StringVar(&path, "socket", "", "the server's socket; default "+server.SocketName+" in DIR")
	cmd.Flags().StringVar(&library, "name", "", "library, if the server has several of DIR")
	completes(cmd, completeServed, "name")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

func newVersions(t *terminal) *cobra.Command {
	var f registryFlags
	cmd := deployCommand(t, "versions [DIR | REGISTRY/NAME]", "List the versions of a running server, or in a registry",
		`List what the server of DIR (default build) has seen, oldest first: where each
version is in its life, its share of the calls, how many it has answered, how many of
them failed, how many are inside, and why it is not serving. If the server has several
libraries, those of all, or of --name.

Of REGISTRY/NAME, list what has been pushed, oldest first: the tags of each version, platforms, sizes, and the
key that it says it is signed with. A path with a dot in its first word is taken for a registry; oci:// before it says so.
With a tag, oci://REGISTRY/NAME:TAG is the server of that channel, if it runs with the default --cache and --host-id.`,
		`  hotso versions
  hotso versions build --json
  hotso versions --name greeter
  hotso versions registry.example.com/team/greeter`,
		func(ctx context.Context, c client, library string, asJSON bool) error {
			all, err := c.versions(ctx, library)
			switch {
			case err != nil:
				return err
			case asJSON && len(all) == 1:
				return t.json(all[0])
			case asJSON:
				return t.json(all)
			}
			t.versions(all)
			return nil
		})
	f.add(cmd)
	ofServer := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 && isRegistry(args[0]) && !isTagged(args[0]) {
			asJSON, _ := cmd.Flags().GetBool("json")
			return registryVersions(cmd.Context(), t, args[0], f, asJSON)
		}
		return ofServer(cmd, args)
	}
	return cmd
}

// versions writes a table of the versions of one library, or of several, each with its name.
func (t *terminal) versions(all []server.Versions) {
	rows := [][]string{{"library", "version", "state", "share", "calls", "errors", "inside", ""}}
	for _, v := range all {
		for _, i := range v.Versions {
			share := ""
			if i.State == host.Serving || i.State == host.Canary {
				share = fmt.Sprintf("%.4g %%", i.Share)
			}
			rows = append(rows, []string{v.Name, i.Version, string(i.State), share, fmt.Sprint(i.Calls), fmt.Sprint(i.Errors),
				fmt.Sprint(i.InFlight), withPage(firstLine(i.Reason, i.File), i.Page)})
			for _, c := range i.Conflicts {
				rows = append(rows, []string{"", "", "", "", "", "", "", firstLine(c.String(), "")})
			}
		}
	}
	if len(all) == 1 {
		for i := range rows {
			rows[i] = rows[i][1:]
		}
	}
	for _, line := range columns(rows) {
		fmt.Fprintln(t.out, line)
	}
}

func newRollback(t *terminal) *cobra.Command {
	return deployCommand(t, "rollback [DIR]", "Have a running server go back to the previous version",
		`Have the server of DIR (default build) go back to the previous version: at once if
it is still warm (serve --probation), loaded again otherwise. The state is handed
back if the versions have one; if that fails the current version stays.`,
		"  hotso rollback\n  hotso rollback build --name greeter --json",
		func(ctx context.Context, c client, library string, asJSON bool) error {
			return post(ctx, t, c, of("/rollback", library), asJSON, func(s host.Swap) string { return "v" + s.Version + " serves again" })
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
