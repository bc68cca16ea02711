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
	"net/url"
	"strings"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// A client talks to a running server: at its URL, or behind its unix socket.
type client string

func isURL(text string) bool {
	return strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://")
}

// do asks for JSON.
func (c client) do(ctx context.Context, method, path string, body []byte, result any) error {
	b, err := c.ask(ctx, method, path, body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, result); err != nil {
		return fmt.Errorf("what %s says is no answer of hotso serve: %w", string(c), err)
	}
	return nil
}

// of is a path of the library of that name, or of the only one if it is empty.
func of(path, library string) string {
	if library == "" {
		return path
	}
	return path + "/" + url.PathEscape(library)
}

// versions asks for the versions of a library; if it is empty, of each that the server has.
func (c client) versions(ctx context.Context, library string) ([]server.Versions, error) {
	var v server.Versions
	err := c.do(ctx, http.MethodGet, of("/versions", library), nil, &v)
	if library != "" || !errors.Is(err, host.ErrArgument) {
		return []server.Versions{v}, err
	}
	var libraries []server.Library
	if err := c.do(ctx, http.MethodGet, "/libraries", nil, &libraries); err != nil {
		return nil, err
	}
	var all []server.Versions
	for _, l := range libraries {
		var v server.Versions
		if err := c.do(ctx, http.MethodGet, of("/versions", l.Name), nil, &v); err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// transport is how requests get to the server, and what their URLs begin with.
func (c client) transport() (transport *http.Transport, base string) {
	transport, base = &http.Transport{Proxy: http.ProxyFromEnvironment}, strings.TrimSuffix(string(c), "/")
	if !isURL(base) {
		base = "http://localhost" // for which no proxy is asked
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", string(c))
		}
	}
	return transport, base
}

// ask returns the body of an answer.
func (c client) ask(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	transport, base := c.transport()
	transport.DisableKeepAlives = true
	r, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := (&http.Client{Transport: transport}).Do(r)
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
