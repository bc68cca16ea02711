//go:build nethttp

package main

import (
	"io"
	"net/http"
	"net/http/httptest"
)

// A server of HTTP/1 and one of HTTP/2, and clients whose connections stay open.
func init() {
	var servers []*httptest.Server
	busy(func() error {
		hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("hello")) })
		h2 := httptest.NewUnstartedServer(hello)
		h2.EnableHTTP2 = true
		h2.StartTLS()
		servers = append(servers, httptest.NewServer(hello), h2)
		return nil
	}, func() error {
		for _, s := range servers {
			resp, err := s.Client().Get(s.URL)
			if err != nil {
				return err
			}
			if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				return err
			}
			_ = resp.Body.Close()
		}
		return nil
	})
}
