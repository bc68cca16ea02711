package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/hotso/hotso/libgreeter/greeter"
)

// maxBody is how large a request may be, in bytes.
const maxBody = 1 << 20

// servePlain has the function in its own process.
func servePlain() error {
	g := greeter.Greeter{Version: "1"}
	return serve(func(name string) (string, error) { return g.Name(name) })
}

// serve answers requests as somebody would write it: the body is read, bounded, decoded strictly, and the
// answer has the form of hotso's.
func serve(greet func(string) (string, error)) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /call/GreetName", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		var names []string
		if err == nil {
			err = json.Unmarshal(body, &names)
		}
		if err == nil && len(names) != 1 {
			err = errors.New("give one name")
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		greeting, err := greet(names[0])
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_ = json.NewEncoder(w).Encode(map[string]string{"result": greeting, "version": "1"})
	})
	fmt.Println("http://" + l.Addr().String())
	return http.Serve(l, mux)
}
