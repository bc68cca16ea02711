package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host/cmd/hotso/internal/help"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
)

// run runs the command line and returns the exit code.
func run(args []string) int {
	t := newTerminal()
	root := newRoot(t)
	root.SetArgs(numbersAreArguments(args))
	cmd, err := root.ExecuteC()
	if err == nil {
		return exitOK
	}
	code := exitCode(err)
	if t.failed != nil && t.failed(err) {
		return code
	}
	t.problem(err) // not to os.Stderr, which hotso crash mutes
	if page := help.Page(err); page != "" {
		fmt.Fprintf(t.err, "Try 'hotso help %s'.\n", printable.Line(page)) // of a server, perhaps
	} else if code == exitUsage {
		fmt.Fprintf(t.err, "Try '%s --help'.\n", cmd.CommandPath())
	}
	return code
}

func newRoot(t *terminal) *cobra.Command {
	root := &cobra.Command{
		Use:   "hotso",
		Short: "Replace Go code inside a running process",
		Long: `hotso builds Go packages into libraries, serves their functions, and swaps in
new versions while they are called. No call is lost.

Shells complete commands, flags, libraries, their functions, and the versions of a running
server: see hotso completion --help.`,
		Example: `  hotso build ./libgreeter --version 1                  # -> build/libgreeter.v1.so
  hotso serve build &                                   # http://127.0.0.1:8080
  curl -d '["Ada"]' 127.0.0.1:8080/call/GreetName       # "Hello, Ada!"
  hotso build ./libgreeter --version 2                  # swapped in as soon as it is there
  curl -d '["Ada"]' 127.0.0.1:8080/call/GreetName       # "Hello, Ada! (v2)"`,
		SilenceErrors: true, // run prints them
		SilenceUsage:  true,
		Args:          subcommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(newNew(t), newDev(t), newServe(t), newCall(t), newDoctor(t), newGen(t), newCdef(t), newCompat(t), newBuild(t), newSeal(t), newKeygen(t), newInspect(t), newPush(t), newPull(t), newRollout(t),
		newSoak(t), newCrash(t), newProfile(t), newTop(t), newVersions(t), newRollback(t), newCanary(t), newPromote(t),
		newVersion(t))
	root.SetHelpCommand(newHelp(t))
	root.SetUsageTemplate(root.UsageTemplate() + "{{if not .HasParent}}\n" + topics() + "{{end}}")
	addCompletion(root)
	return root
}

// subcommand refuses arguments of a command that has commands only.
func subcommand(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("unknown command %q%s", args[0], didYouMean(args[0], names(cmd.Commands())))
	}
	return nil
}

// arguments checks how many arguments there are; max < 0 is any number.
func arguments(min, max int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < min || max >= 0 && len(args) > max {
			return usagef("%d arguments given: %s %s", len(args), cmd.Parent().CommandPath(), cmd.Use)
		}
		return nil
	}
}

// numbersAreArguments makes hotso call FILE Add 2 -3 --json mean what it says:
// -3 is not a flag. It moves flags to the front, and puts -- after them.
func numbersAreArguments(args []string) []string {
	if len(args) == 0 || args[0] != "call" {
		return args
	}
	var flags, rest []string
	for i, a := range args[1:] {
		if a == "--" {
			rest = append(rest, args[i+2:]...)
			break
		}
		if strings.HasPrefix(a, "-") && !isNumber(a) && a != "-" {
			flags = append(flags, a)
		} else {
			rest = append(rest, a)
		}
	}
	return slices.Concat(args[:1], flags, []string{"--"}, rest)
}
