package main

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// What shells complete. Nothing of a library runs, and nothing waits for long: where there is no answer at once,
// there is none.

// addCompletion adds the command that cobra has for it, with examples as the others have.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	c, _, err := root.Find([]string{"completion"})
	if err != nil {
		panic(err)
	}
	c.Short = "Write the script by which a shell completes commands, files and functions"
	c.Long = `Write a script for a shell, which has it complete commands and flags, libraries and their functions
(hotso call, soak), the versions of a running server (hotso canary), and topics of hotso help.
Nothing of a library runs for that. The help of each command below says where the script goes.`
	c.Example = "  source <(hotso completion bash)              # for this session; needs bash-completion\n" +
		"  hotso completion fish | source"
	for shell, example := range map[string]string{
		"bash":       "  hotso completion bash > /etc/bash_completion.d/hotso",
		"zsh":        "  hotso completion zsh > \"${fpath[1]}/_hotso\"",
		"fish":       "  hotso completion fish > ~/.config/fish/completions/hotso.fish",
		"powershell": "  hotso completion powershell | Out-String | Invoke-Expression",
	} {
		if of, _, err := c.Find([]string{shell}); err == nil {
			of.Example = example
		}
	}
}

// completeLibrary completes the file of a library, as the only argument.
func completeLibrary(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return []string{"so"}, cobra.ShellCompDirectiveFilterFileExt
}

// completeLibraries completes the files of libraries, any number of them.
func completeLibraries(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"so"}, cobra.ShellCompDirectiveFilterFileExt
}

// completeHeader completes the file of a C header, as the only argument.
func completeHeader(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return []string{"h"}, cobra.ShellCompDirectiveFilterFileExt
}

// completeDir completes a directory, as the only argument.
func completeDir(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// completeDirs completes any number of directories.
func completeDirs(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// completeCall completes a file, then its functions, then files for @FILE.
func completeCall(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	switch len(args) {
	case 0:
		return completeLibrary(cmd, args, begun)
	case 1:
		return callable(args[0]), cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveDefault
}

// completeFunction completes a flag that names a function of the library that is the first argument.
func completeFunction(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return callable(args[0]), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace // arguments follow
}

// callable are the methods and functions of a library, with their signatures.
func callable(file string) (list []string) {
	d, err := host.Inspect(file)
	if err != nil {
		return nil
	}
	ofContract := map[string]bool{}
	for _, c := range newContractFacts(d.Manifest.Contracts) {
		for _, m := range c.Methods {
			ofContract[m.Function] = true
			if !strings.Contains(m.Name, ".") { // else of an object, which nobody has
				list = append(list, described(c.Name+"."+m.Name, m.Signature))
			}
		}
	}
	for _, f := range d.Manifest.Functions {
		if !ofContract[f.Name] {
			list = append(list, described(f.Name, f.Signature))
		}
	}
	return list
}

// described is a completion with what shells that can do so show beside it. Both are others' texts.
func described(name, about string) string {
	return cobra.CompletionWithDesc(printable.Line(name), printable.Line(about))
}

// completeNames completes the names of the libraries in the directories that are the arguments.
func completeNames(_ *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
	for _, dir := range args {
		there, _ := server.Names(dir, nil)
		names = append(names, there...)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeVersions completes the files of the versions that the server of the directory knows and that do not
// serve, with their states; where none answers, files.
func completeVersions(cmd *cobra.Command, args []string, begun string) (list []string, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	dir := filepath.Dir(begun)
	if begun == "" {
		dir = "build"
	}
	socket, _ := cmd.Flags().GetString("socket")
	if socket == "" {
		socket = filepath.Join(dir, server.SocketName)
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), time.Second)
	defer cancel()
	all, err := client(socket).versions(ctx, "")
	if err != nil {
		return completeLibrary(cmd, args, begun)
	}
	for _, v := range all {
		for _, i := range v.Versions {
			if i.Version != v.Serving && i.Version != v.Canary {
				list = append(list, described(filepath.Join(dir, filepath.Base(i.File)), "v"+i.Version+", "+string(i.State)))
			}
		}
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}

// completeServed completes the names of the libraries of a running server, that of the directory
// which is the only argument.
func completeServed(cmd *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
	socket, _ := cmd.Flags().GetString("socket")
	if socket == "" {
		socket = filepath.Join(append(args, "build")[0], server.SocketName)
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), time.Second)
	defer cancel()
	var libraries []server.Library
	if client(socket).do(ctx, http.MethodGet, "/libraries", nil, &libraries) == nil {
		for _, l := range libraries {
			names = append(names, described(l.Name, l.Directory))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completes has flags complete in a way of their own.
func completes(cmd *cobra.Command, complete cobra.CompletionFunc, flags ...string) {
	for _, f := range flags {
		if err := cmd.RegisterFlagCompletionFunc(f, complete); err != nil {
			panic(err) // there is no such flag
		}
	}
}

// completeNothing is for what only its user knows: a version, a token.
func completeNothing(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveNoFileComp
}
