// Library httpd serves HTTP on a listener, and with connections, that go from version to version.
package main

// #cgo CFLAGS: -I${SRCDIR}/../../../include
// #include "cabi.h"
import "C"

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"
	"unsafe"

	"github.com/hotso/hotso/cabi"
	"github.com/hotso/hotso/cabi/cabihttp"
)

var server = cabihttp.New("http", &http.Server{Addr: "127.0.0.1:0", Handler: http.HandlerFunc(answer)})

// answer returns the version, and what was sent, after a while if the path says so.
func answer(w http.ResponseWriter, r *http.Request) {
	if d, err := time.ParseDuration(r.URL.Query().Get("sleep")); err == nil {
		time.Sleep(d)
	}
	sent, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprintf(w, "%s %s", cabi.Version(), sent)
}

func init() {
	cabi.OnStart(server.Start)
	cabi.OnStop(server.Stop)
}

// Port returns the port that the server listens on.
//
//export Port
func Port() int64 { return int64(server.Addr().(*net.TCPAddr).Port) }

// Child returns what a program finds that the library starts: its descriptors and variables.
//
//export Child
func Child(out *C.char, outCap C.size_t, outLen *C.size_t) C.hotso_status {
	return C.hotso_status(cabi.Text(cabi.Out(unsafe.Pointer(out), uintptr(outCap), unsafe.Pointer(outLen)), func() (string, error) {
		found, err := exec.Command("/bin/sh", "-c", "ls -l /proc/self/fd; env").CombinedOutput()
		return string(found), err
	}))
}

// Exit ends the version's runtime.
//
//export Exit
func Exit() { os.Exit(4) }

func main() {}
