package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host/cmd/hotso/internal/help"
)

func newHelp(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND | TOPIC | errors/NAME | man DIR]",
		Short: "Show help on a command, a topic, or an error",
		Long: `Show what a command does, one of the guides, or what an error means: what usually causes it,
what to do, and what the version that serves does meanwhile. Errors name their page, and are also
found by their names in Go.

On a terminal a long text goes through $PAGER, if that is set.

With man, write a man page for each command to DIR.`,
		Example: `  hotso help serve
  hotso help contracts
  hotso help errors                # all of them
  hotso help errors/unsealed
  hotso help ErrUnsealed
  hotso help man ~/.local/share/man/man1      # then man hotso-serve`,
		ValidArgsFunction: completeHelp,
		RunE:              func(cmd *cobra.Command, args []string) error { return showHelp(t, cmd.Root(), args) },
	}
}

func showHelp(t *terminal, root *cobra.Command, args []string) error {
	if len(args) == 2 && args[0] == "man" {
		return writeManPages(root, args[1])
	}
	if len(args) == 1 {
		if args[0] == "errors" {
			return t.page(strings.Join(topicLines(help.Errors()), "\n") + "\n")
		}
		if text, ok := help.Text(args[0]); ok {
			return t.page(text)
		}
	}
	cmd, rest, err := root.Find(args)
	if err != nil || len(rest) > 0 {
		asked := strings.Join(args, " ")
		return usagef("no help on %q%s", asked, didYouMean(asked, helpNames(root)))
	}
	cmd.InitDefaultHelpFlag()
	return cmd.Help()
}

// topics is what the root's help says of the guides.
func topics() string {
	list := append(help.Guides(), help.Topic{Name: "errors", About: "what each error means, and what to do: hotso help errors/NAME"})
	return "Topics (hotso help TOPIC):\n  " + strings.Join(topicLines(list), "\n  ") + "\n"
}

func topicLines(topics []help.Topic) []string {
	var rows [][]string
	for _, t := range topics {
		rows = append(rows, []string{t.Name, t.About})
	}
	return columns(rows)
}

// didYouMean is what follows the error of an unknown name, or empty.
func didYouMean(name string, known []string) string {
	if similar := help.Similar(name, known); len(similar) > 0 {
		return fmt.Sprintf(": did you mean %s?", strings.Join(similar, ", "))
	}
	return ""
}

func names(commands []*cobra.Command) (list []string) {
	for _, c := range commands {
		list = append(list, c.Name())
	}
	return list
}

// helpNames is all that there is help on.
func helpNames(root *cobra.Command) []string {
	list := append(names(root.Commands()), "errors")
	for _, t := range slices.Concat(help.Guides(), help.Errors()) {
		list = append(list, t.Name)
	}
	return list
}

// completeHelp completes commands and guides; the pages of errors only when they are begun, as there are many.
func completeHelp(cmd *cobra.Command, args []string, begun string) (list []string, _ cobra.ShellCompDirective) {
	at, rest, err := cmd.Root().Find(args)
	if err != nil || len(rest) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, c := range at.Commands() {
		if c.IsAvailableCommand() {
			list = append(list, cobra.CompletionWithDesc(c.Name(), c.Short))
		}
	}
	if len(args) == 0 {
		topics := append(help.Guides(), help.Topic{Name: "errors", About: "all errors that have a page"})
		if strings.HasPrefix(begun, "e") {
			topics = append(topics, help.Errors()...)
		}
		for _, t := range topics {
			list = append(list, cobra.CompletionWithDesc(t.Name, t.About))
		}
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}
