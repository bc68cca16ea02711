//go:build gnet

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/panjf2000/gnet/v2"
)

// Event loops with epoll sets of their own.
type echoServer struct {
	gnet.BuiltinEventEngine
	booted chan bool
}

func (s *echoServer) OnBoot(gnet.Engine) gnet.Action {
	close(s.booted)
	return gnet.None
}

func (s *echoServer) OnTraffic(c gnet.Conn) gnet.Action {
	b, _ := c.Next(-1)
	_, _ = c.Write(b)
	return gnet.None
}

// silent logs nothing: standard output is the report's.
type silent struct{}

func (silent) Debugf(string, ...any) {}
func (silent) Infof(string, ...any)  {}
func (silent) Warnf(string, ...any)  {}
func (silent) Errorf(string, ...any) {}
func (silent) Fatalf(string, ...any) {}

func init() {
	var conn net.Conn
	busy(func() error {
		l, err := net.Listen("tcp", "127.0.0.1:0") // for a port
		if err != nil {
			return err
		}
		addr := l.Addr().String()
		_ = l.Close()
		s := &echoServer{booted: make(chan bool)}
		failed := make(chan error, 1)
		go func() {
			failed <- gnet.Run(s, "tcp://"+addr, gnet.WithMulticore(true), gnet.WithLockOSThread(true), gnet.WithLogger(silent{}))
		}()
		select {
		case <-s.booted:
		case err := <-failed:
			return errors.Join(err, errors.New("gnet.Run ended"))
		}
		conn, err = (&net.Dialer{}).DialContext(context.Background(), "tcp", addr)
		return err
	}, func() error {
		if _, err := fmt.Fprint(conn, "hello"); err != nil {
			return err
		}
		_, err := io.ReadFull(conn, make([]byte, 5))
		return err
	})
}
