//go:build fasthttp

package main

import (
	"net"

	"github.com/valyala/fasthttp"
)

func init() {
	serving(func(l net.Listener) error {
		return fasthttp.Serve(l, func(c *fasthttp.RequestCtx) { c.SetBodyString("hello") })
	})
}
