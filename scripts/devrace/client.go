package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// pace is how long a client waits before it asks again. That is what times are exact to.
const pace = 5 * time.Millisecond

// A client asks a service, each time by a connection of its own, which may be refused.
type client struct {
	url  string
	http *http.Client
	rpc  *grpc.ClientConn
}

func newClient(httpAddr, rpcAddr string) (*client, error) {
	conn, err := grpc.NewClient("passthrough:///"+rpcAddr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	return &client{
		url:  "http://" + httpAddr + "/",
		http: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}},
		rpc:  conn,
	}, nil
}

func (c *client) close() { _ = c.rpc.Close() }

// An answer is what a page says, or why there is none.
type answer struct {
	visits int64
	words  []string
	err    error
}

func (a answer) has(word string) bool { return slices.Contains(a.words, word) }

var said = regexp.MustCompile(`visits=<b>(\d+)</b> text=<i>([^<]*)</i>`)

func (c *client) ask() answer {
	resp, err := c.http.Get(c.url)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{err: err}
	}
	return read(resp.StatusCode, body)
}

func read(status int, body []byte) answer {
	m := said.FindSubmatch(body)
	if status != http.StatusOK || m == nil {
		return answer{err: fmt.Errorf("status %d: %.200q", status, body)}
	}
	visits, err := strconv.ParseInt(string(m[1]), 10, 64)
	return answer{visits, strings.Fields(string(m[2])), err}
}

// rpcText is what the service says by gRPC. It waits for a connection.
func (c *client) rpcText(ctx context.Context) (string, error) {
	var out wrapperspb.StringValue
	err := c.rpc.Invoke(ctx, "/race.App/Text", wrapperspb.String(""), &out, grpc.WaitForReady(true))
	return out.Value, err
}
