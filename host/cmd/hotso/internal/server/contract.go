package server

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"weak"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
	"github.com/hotso/hotso/host/internal/jsontext"
	"github.com/hotso/hotso/host/internal/transcode"
)

// contracts are those of the versions that were asked for last.
type contracts struct {
	mu    sync.Mutex
	known []contractsOf // the latest first
}

type contractsOf struct {
	lib     weak.Pointer[host.Library] // it may go
	all     *transcode.Contracts
	results map[string]abi.Type // of its functions, by name
	openAPI func() []byte       // as it is sent, to all who ask; nil if it has no contract
}

// maxContracts are the versions that serve side by side, and some that have been left.
const maxContracts = 4

// of returns the contracts of a version.
func (c *contracts) of(lib *host.Library) contractsOf {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := weak.Make(lib)
	for _, k := range c.known {
		if k.lib == known {
			return k
		}
	}
	m := lib.Description().Manifest
	k := contractsOf{lib: known, all: transcode.New(m.Contracts), results: map[string]abi.Type{}}
	for _, f := range m.Functions {
		if sig, err := abi.ParseSignature(f.Signature); err == nil {
			k.results[f.Name] = sig.Result
		}
	}
	name, version := lib.Name(), lib.Version()
	k.openAPI = sync.OnceValue(func() []byte {
		document, ok := k.all.OpenAPI(name, version)
		if !ok {
			return nil
		}
		var b bytes.Buffer
		_, _ = printable.JSON(&b).Write(document) // to memory
		return b.Bytes()
	})
	c.known = append([]contractsOf{k}, c.known[:min(len(c.known), maxContracts-1)]...)
	return k
}

// serving returns the contracts of the version that serves, or none.
func (l *library) serving() contractsOf {
	if lib := l.slot.Current(); lib != nil {
		return l.contracts.of(lib)
	}
	return contractsOf{}
}

// function is that of a method of a contract.
func (c contractsOf) function(method string) (name string, ok bool) {
	if c.all == nil {
		return "", false
	}
	return c.all.Function(method)
}

// contract answers GET /contract.
func (l *library) contract(w http.ResponseWriter, _ *http.Request) {
	lib := l.slot.Current()
	if lib == nil {
		failFor(w, http.StatusServiceUnavailable, host.ErrEmpty, nobody)
		return
	}
	document := l.contracts.of(lib).openAPI()
	if document == nil {
		fail(w, http.StatusNotFound, "%s v%s serves no contract", lib.Name(), lib.Version())
		return
	}
	jsonHeader(w, http.StatusOK)
	_, _ = w.Write(document) // the client is gone
}

// A contractCall is a call of a method of a contract, whose arguments and results are JSON. A nil one
// stands for a call of another function.
type contractCall struct {
	contracts *contracts
	ctx       context.Context
	function  string
	args      jsontext.Value
	method    *transcode.Method // of the version that was called
}

// contractCall returns nil if the version that serves, of which known is, has no method of that name.
func (l *library) contractCall(r *http.Request, known contractsOf, name string) *contractCall {
	function, ok := known.function(name)
	if !ok {
		return nil
	}
	return &contractCall{contracts: &l.contracts, ctx: r.Context(), function: function}
}

// parse implements parser. Nothing but white space is no arguments.
func (c *contractCall) parse(b []byte) (args []any, cost int64, err error) {
	if len(bytes.TrimSpace(b)) > 0 {
		if c.args, err = jsontext.Parse(b, transcode.MaxDepth); err != nil {
			return nil, 0, fmt.Errorf("the body: %w", err)
		}
	}
	values, depth := jsontext.Shape(b)
	const (
		perValue = 24      // what of a value's bytes is not in its text, and its place in the text
		perLevel = 1 << 10 // of the stack
	)
	return []any{c}, 2*int64(len(b)) + perValue*int64(values) + perLevel*int64(depth), nil
}

// ArgumentOf implements host.VersionArgument: the bytes are written by the schema of the version that is called.
func (c *contractCall) ArgumentOf(lib *host.Library, _ abi.Type) (any, error) {
	m, err := c.contracts.of(lib).all.Method(c.function)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, fmt.Errorf("%s v%s serves no contract with that method", lib.Name(), lib.Version())
	}
	c.method = m
	return m.Arguments(c.ctx, c.args)
}

// writeReply answers the call. What the library has answered is read twice: what is wrong with it is
// known before anything is written, and its JSON need not be in memory.
func (c *contractCall) writeReply(w http.ResponseWriter, result host.Result) error {
	reply, ok := result.Value.([]byte)
	if !ok {
		return errors.New(c.function + " has another signature than a method of a contract")
	}
	if err := c.method.Results(io.Discard, reply); err != nil {
		return err
	}
	jsonHeader(w, http.StatusOK)
	out := bufio.NewWriterSize(w, min(writePiece, 4<<10+len(reply)))
	_, _ = out.WriteString(`{"result":`)
	_ = c.method.Results(out, reply)
	_, _ = out.WriteString(`,"version":`)
	writeJSON(out, result.Version)
	_, _ = out.WriteString("}\n")
	_ = out.Flush() // the client is gone
	return nil
}

// elements reports whether a stream has elements, each a line of JSON.
func (c *contractCall) elements() bool { return c != nil && !c.method.IsReader() }

// streamType is the content type of a stream: as it comes, or a line of JSON for each element.
func (c *contractCall) streamType() string {
	if !c.elements() {
		return "application/octet-stream"
	}
	return "application/x-ndjson"
}

// checkPiece reports what is wrong with a piece of a stream.
func (c *contractCall) checkPiece(piece []byte) error {
	if !c.elements() {
		return nil
	}
	return c.method.Element(io.Discard, piece)
}

// writePiece writes a piece that was checked.
func (c *contractCall) writePiece(w io.Writer, piece []byte) error {
	if !c.elements() {
		_, err := w.Write(piece)
		return err
	}
	if err := c.method.Element(w, piece); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// A namedError is an error of an implementation, with the names of the contract's errors that it is.
type namedError struct {
	error
	names []string
}

func (e namedError) Unwrap() error { return e.error }

// named adds these names to the error of a call.
func (c *contractCall) named(err error) error {
	var failed *host.CallError
	if c == nil || c.method == nil || !errors.As(err, &failed) {
		return err
	}
	return namedError{err, c.method.Errors([]byte(failed.Detail))}
}
