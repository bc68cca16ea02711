package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

func newCall(t *terminal) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "call FILE FUNC [ARG...]",
		Short: "Call a function of a library",
		Long: `Load the library FILE, call FUNC, print the result, and unload the library.

The arguments are read as the function's parameters: numbers, true or false,
text as it is, for []byte text or @file, and JSON for other slices and structs.
A []byte result is printed as it is, with --json as base64, and a stream as it comes.
Text that looks like a flag goes after --.`,
		Example: `  hotso call build/libgreeter.v2.so Greet
  hotso call build/libgreeter.v2.so Add 2 -3
  hotso call build/libgreeter.v2.so GreetName Ada --json
  hotso call build/libimage.v1.so Blur @photo.png 2.5 > blurred.png`,
		Args:              arguments(2, -1),
		ValidArgsFunction: completeCall,
		RunE: func(cmd *cobra.Command, args []string) error {
			return callFile(cmd.Context(), t, args[0], args[1], args[2:], asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, `print {"result": ..., "version": "2"}`)
	return cmd
}

func callFile(ctx context.Context, t *terminal, file, name string, texts []string, asJSON bool) (err error) {
	d, err := host.Inspect(file) // wrong arguments are found before any code runs
	if err != nil {
		return err
	}
	sig, err := signature(d, name)
	if err != nil {
		return err
	}
	args, err := parseArguments(sig, name, texts)
	if err != nil {
		return usageError{err}
	}
	if sig.Result == abi.Stream && asJSON {
		return usagef("%s returns a stream, which is not JSON: leave out --json", name)
	}
	lib, err := host.Open(ctx, file, t.logs())
	if err != nil {
		return err
	}
	defer func() {
		_, closing := lib.Close(ctx)
		err = errors.Join(err, closing)
	}()
	if sig.Result == abi.Stream {
		return printStream(ctx, t, lib, name, args)
	}
	result, err := lib.Call(ctx, name, args...)
	if err != nil {
		return err
	}
	if asJSON {
		return t.json(struct {
			Result  any    `json:"result"`
			Version string `json:"version"`
		}{server.JSON(result.Value), result.Version})
	}
	return printResult(t, result.Value)
}

func signature(d *host.Description, name string) (abi.Signature, error) {
	f, ok := d.Manifest.Function(name)
	if !ok {
		return abi.Signature{}, usagef("%s has no function %s; it has %s", d.File, name, strings.Join(functionNames(d), ", "))
	}
	return abi.ParseSignature(f.Signature)
}

func functionNames(d *host.Description) []string {
	var names []string
	for _, f := range d.Manifest.Functions {
		names = append(names, f.Name)
	}
	return names
}

// parseArguments reads texts as the parameters of sig. Numbers stay text: the
// host knows how large they may be.
func parseArguments(sig abi.Signature, name string, texts []string) ([]any, error) {
	if len(texts) != len(sig.Params) {
		return nil, fmt.Errorf("%s takes %d arguments, not %d: %s", name, len(sig.Params), len(texts), sig)
	}
	args := make([]any, len(texts))
	for i, p := range sig.Params {
		text := texts[i]
		var err error
		switch {
		case p.Type == abi.String:
			args[i] = text
		case p.Type == abi.Bytes && strings.HasPrefix(text, "@"):
			args[i], err = os.ReadFile(text[1:])
		case p.Type == abi.Bytes:
			args[i] = []byte(text)
		case p.Type == abi.Bool && (text == "true" || text == "false"):
			args[i] = text == "true"
		case p.Type.Span(), p.Type.Struct():
			args[i], err = server.ParseArgument(text)
		default:
			args[i] = json.Number(text)
		}
		if err != nil {
			return nil, fmt.Errorf("argument %d of %s: %w", i+1, name, err)
		}
	}
	return args, nil
}

func printStream(ctx context.Context, t *terminal, lib *host.Library, name string, args []any) error {
	stream, err := lib.CallStream(ctx, name, args...)
	if err != nil {
		return err
	}
	defer stream.Close()
	_, err = io.Copy(t.out, stream)
	return err
}

func printResult(t *terminal, value any) (err error) {
	kind := reflect.ValueOf(value).Kind()
	b, isBytes := value.([]byte)
	switch {
	case value == nil:
	case isBytes:
		_, err = t.out.Write(b)
	case kind == reflect.Slice, kind == reflect.Struct:
		return t.jsonLine(server.JSON(value))
	default:
		_, err = fmt.Fprintln(t.out, value)
	}
	return err
}

// isNumber reports whether a text that begins with - is one.
func isNumber(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil || errors.Is(err, strconv.ErrRange)
}

// completeCall completes a file, then the names of its functions.
func completeCall(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	switch len(args) {
	case 0:
		return []string{"so"}, cobra.ShellCompDirectiveFilterFileExt
	case 1:
		if d, err := host.Inspect(args[0]); err == nil {
			return functionNames(d), cobra.ShellCompDirectiveNoFileComp
		}
	}
	return nil, cobra.ShellCompDirectiveDefault
}
