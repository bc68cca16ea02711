package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/libtest"
)

// BenchmarkCall is a request on a connection that stays open, and its reply, with what the client does.
func BenchmarkCall(b *testing.B) {
	library := libtest.Greeter(b, "1")
	r := start(b, server.Config{Dirs: []string{filepath.Dir(library)}})
	r.await(host.Serving, "")
	address := strings.TrimPrefix(r.url, "http://")
	const body = `["Ada"]`
	request := fmt.Sprintf("POST /call/GreetName HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", address, len(body), body)
	b.ReportAllocs()
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		c, err := net.Dial("tcp", address)
		require.NoError(b, err)
		defer c.Close()
		replies := bufio.NewReader(c)
		for pb.Next() {
			_, err := io.WriteString(c, request)
			require.NoError(b, err)
			reply, err := http.ReadResponse(replies, nil)
			require.NoError(b, err)
			require.Equal(b, http.StatusOK, reply.StatusCode)
			_, err = io.Copy(io.Discard, reply.Body)
			require.NoError(b, err)
		}
	})
}
