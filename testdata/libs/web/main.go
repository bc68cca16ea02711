// Library web has an HTTP server with clients that stay connected, and timers.
package main

// #cgo CFLAGS: -I${SRCDIR}/../../../include
// #include "cabi.h"
import "C"

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/hotso/hotso/cabi"
)

// Serve starts a server on a free port of the loopback interface, clients that wait
// for the end of an endless answer, and as many timers. It returns the port.
//
//export Serve
func Serve(clients int64, port *int64) C.hotso_status {
	return C.hotso_status(cabi.Value(port, func() (int64, error) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return 0, err
		}
		go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintln(w, "hello")
			w.(http.Flusher).Flush()
			if r.URL.Path == "/wait" {
				<-r.Context().Done()
			}
		}))
		for range clients {
			answer, err := http.Get("http://" + l.Addr().String() + "/wait")
			if err != nil {
				return 0, err
			}
			go answer.Body.Read(make([]byte, 100))
			time.AfterFunc(time.Hour, func() {})
			time.NewTicker(time.Millisecond)
		}
		return int64(l.Addr().(*net.TCPAddr).Port), nil
	}))
}

func main() {}
