//go:build linux && (amd64 || arm64)

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// fileVariable has this program be a host, of the library at that path.
const fileVariable = "HOTSO_MANY"

// An order has a child do one of these.
type order struct {
	Load int // so many libraries are to be loaded: unload some, or load more
	Call int // call one so many times
	Swap int // swap one after the other, in random order, so many times, under calls
}

// An answer says what came of an order, and what the process takes.
type answer struct {
	Live        int
	RSS, PSS    int // in KB
	Threads     int
	Descriptors int
	Mappings    int

	Seconds float64 // that the order took
	Swaps   int
	Late    int // of them, those whose old version went later
	Calls   int

	Error string
}

// A child is a process that is a host.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	to  *json.Encoder
	out *json.Decoder
}

func start(ctx context.Context, b built) (*child, error) {
	cmd := exec.CommandContext(ctx, b.program)
	cmd.Env = append(os.Environ(), fileVariable+"="+b.library)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &child{cmd, in, json.NewEncoder(in), json.NewDecoder(out)}, cmd.Start()
}

func (c *child) do(o order) (a answer, err error) {
	if err := c.to.Encode(o); err != nil {
		return a, err
	}
	if err := c.out.Decode(&a); err != nil {
		return a, fmt.Errorf("%+v: the host is gone: %w", o, err)
	}
	if a.Error != "" {
		return a, fmt.Errorf("%+v: %s", o, a.Error)
	}
	return a, nil
}

func (c *child) end() {
	_ = c.in.Close()
	_ = c.cmd.Wait()
}
