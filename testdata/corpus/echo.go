//go:build echo

package main

import (
	"net"

	"github.com/labstack/echo/v4"
)

func init() {
	serving(func(l net.Listener) error {
		e := echo.New()
		e.HideBanner, e.HidePort, e.Listener = true, true, l
		e.GET("/", func(c echo.Context) error { return c.String(200, "hello") })
		return e.Start("")
	})
}
