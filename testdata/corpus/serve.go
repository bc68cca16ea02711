//go:build echo || fasthttp || fiber || gin || prometheus

package main

import (
	"io"
	"net"
	"net/http"
)

// serving has serve, which does not return, answer on a listener, and is called over HTTP.
func serving(serve func(net.Listener) error) {
	var url string
	busy(func() error {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		url = "http://" + l.Addr().String() + "/"
		go func() { _ = serve(l) }()
		return nil
	}, func() error { return get(url) })
}

func get(url string) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
