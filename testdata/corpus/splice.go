//go:build splice

package main

import (
	"io"
	"net"
)

// A proxy: io.Copy moves what comes through pipes of package internal/poll's, which it keeps.
func init() {
	var echo, proxy net.Listener
	serve := func(l net.Listener, handle func(net.Conn)) {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go handle(c)
		}
	}
	dial := func() (net.Conn, error) {
		c, err := net.Dial("tcp", proxy.Addr().String())
		if err != nil {
			return nil, err
		}
		if _, err := c.Write([]byte("hello")); err != nil {
			return nil, err
		}
		_, err = io.ReadFull(c, make([]byte, 5))
		return c, err
	}
	busy(func() error {
		echo, proxy = must(net.Listen("tcp", "127.0.0.1:0")), must(net.Listen("tcp", "127.0.0.1:0"))
		go serve(echo, func(c net.Conn) {
			_, _ = io.Copy(c, c)
			_ = c.Close()
		})
		go serve(proxy, func(c net.Conn) {
			back := must(net.Dial("tcp", echo.Addr().String()))
			go func() { _, _ = io.Copy(c, back); _ = c.Close() }()
			_, _ = io.Copy(back, c)
			_ = back.Close()
		})
		_, err := dial() // stays open
		return err
	}, func() error {
		c, err := dial()
		if err != nil {
			return err
		}
		return c.Close()
	})
}
