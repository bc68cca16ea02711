package main

import (
	"bytes"
	"context"
	"encoding/base64"
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
	"github.com/hotso/hotso/host/internal/jsontext"
	"github.com/hotso/hotso/host/internal/transcode"
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
Text that looks like a flag goes after --.

Methods of a contract, Greeter.Greet or Greeter_Greet, take JSON for all that is no text or
[]byte, and the result is JSON; of a sequence each element is a line.`,
		Example: `  hotso call build/libgreeter.v2.so Greet
  hotso call build/libgreeter.v2.so Add 2 -3
  hotso call build/libgreeter.v2.so GreetName Ada --json
  hotso call build/libimage.v1.so Blur @photo.png 2.5 > blurred.png
  hotso call build/libhello.v1.so Greeter.Greet '{"name": "Ada"}'`,
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
	t.ownStdout()
	d, err := host.Inspect(file) // wrong arguments are found before any code runs
	if err != nil {
		return err
	}
	c, err := prepareCall(ctx, d, name, texts)
	if err != nil {
		return err
	}
	if c.stream && c.method == nil && asJSON {
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
	if c.stream {
		return c.printStream(ctx, t, lib)
	}
	result, err := c.call(ctx, lib)
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

// A preparedCall is a call whose arguments fit.
type preparedCall struct {
	function string
	args     []any
	stream   bool              // it returns one
	method   *transcode.Method // of a contract, or nil
}

// prepareCall reads texts as the arguments of a function, or of a method of a contract. Errors are
// usage errors.
func prepareCall(ctx context.Context, d *host.Description, name string, texts []string) (c preparedCall, err error) {
	c.function = name
	if c.method, err = transcode.New(d.Manifest.Contracts).Method(name); err != nil {
		return c, usageError{err}
	}
	if c.method != nil {
		c.function = c.method.Function
	}
	sig, err := signature(d, c.function)
	if err != nil {
		return c, err
	}
	c.stream = sig.Result == abi.Stream
	if c.method == nil {
		c.args, err = parseArguments(sig, name, texts)
	} else {
		var args []byte
		args, err = methodArguments(ctx, c.method, texts)
		c.args = []any{args}
	}
	if err != nil {
		return c, usageError{err}
	}
	return c, nil
}

// call returns the result, which is JSON (json.RawMessage) if it is one of a contract.
func (c preparedCall) call(ctx context.Context, lib *host.Library) (host.Result, error) {
	result, err := lib.Call(ctx, c.function, c.args...)
	if c.method == nil || err != nil {
		return result, c.named(err)
	}
	reply, _ := result.Value.([]byte)
	var b bytes.Buffer
	if err := c.method.Results(&b, reply); err != nil {
		return result, err
	}
	result.Value = json.RawMessage(b.Bytes())
	return result, nil
}

// named adds to the error of a method which errors of the contract it is.
func (c preparedCall) named(err error) error {
	var failed *host.CallError
	if c.method == nil || !errors.As(err, &failed) {
		return err
	}
	if names := c.method.Errors([]byte(failed.Detail)); len(names) > 0 {
		return fmt.Errorf("%w (%s)", err, strings.Join(names, ", "))
	}
	return err
}

// printStream prints a stream as it comes, and the elements of a sequence of a contract as JSON, one a line.
func (c preparedCall) printStream(ctx context.Context, t *terminal, lib *host.Library) error {
	stream, err := lib.CallStream(ctx, c.function, c.args...)
	if err != nil {
		return c.named(err)
	}
	defer stream.Close()
	if c.method == nil || c.method.IsReader() {
		_, err = io.Copy(t.out, stream)
		return c.named(err)
	}
	for piece, err := range stream.Seq() {
		if err != nil {
			return c.named(err)
		}
		var b bytes.Buffer
		if err := c.method.Element(&b, piece); err != nil {
			return err
		}
		if err := t.jsonLine(json.RawMessage(b.Bytes())); err != nil {
			return err
		}
	}
	return nil
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

// methodArguments reads texts as the arguments of a method of a contract: what is a string in JSON as it is,
// and all else as JSON.
func methodArguments(ctx context.Context, m *transcode.Method, texts []string) ([]byte, error) {
	if len(texts) != len(m.Params) {
		return nil, fmt.Errorf("%s takes %d arguments, not %d: (%s)", m.Name, len(m.Params), len(texts), m.Parameters())
	}
	array := []byte("[")
	for i, p := range m.Params {
		text, err := methodArgument(p, texts[i])
		if err != nil {
			return nil, fmt.Errorf("argument %d of %s: %w", i+1, m.Name, err)
		}
		if i > 0 {
			array = append(array, ',')
		}
		array = append(array, text...)
	}
	args, err := jsontext.Parse(append(array, ']'), transcode.MaxDepth)
	if err != nil {
		return nil, fmt.Errorf("the arguments of %s: %w", m.Name, err)
	}
	return m.Arguments(ctx, args)
}

// methodArgument is the JSON of an argument. The name of a constant needs no quotes, either.
func methodArgument(p transcode.Param, text string) ([]byte, error) {
	if p.IsBytes() {
		b := []byte(text)
		if file, ok := strings.CutPrefix(text, "@"); ok {
			var err error
			if b, err = os.ReadFile(file); err != nil {
				return nil, err
			}
		}
		text = base64.StdEncoding.EncodeToString(b)
	}
	_, isFloat := jsontext.Float(text)
	isJSON := text == "true" || text == "false" || text == "null"
	isWord := text != "" && (text[0]|0x20 >= 'a' && text[0]|0x20 <= 'z' || text[0] >= 0x80)
	if p.IsBytes() || p.IsText() || isFloat || isWord && !isJSON {
		return jsontext.AppendString(nil, text), nil
	}
	return []byte(text), jsontext.Check([]byte(text), transcode.MaxDepth)
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
