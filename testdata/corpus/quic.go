//go:build quic

package main

import (
	"context"
	"crypto/tls"
	"io"
	"net/http/httptest"

	"github.com/quic-go/quic-go"
)

func init() {
	var conn *quic.Conn
	ctx := context.Background()
	busy(func() error {
		https := httptest.NewTLSServer(nil) // for its certificate
		l, err := quic.ListenAddr("127.0.0.1:0", &tls.Config{Certificates: https.TLS.Certificates, NextProtos: []string{"echo"}}, nil)
		if err != nil {
			return err
		}
		go func() {
			c, err := l.Accept(ctx)
			for err == nil {
				var s *quic.Stream
				if s, err = c.AcceptStream(ctx); err == nil {
					go func() { _, _ = io.Copy(s, s); _ = s.Close() }()
				}
			}
		}()
		conn, err = quic.DialAddr(ctx, l.Addr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"echo"}}, nil)
		return err
	}, func() error {
		s, err := conn.OpenStreamSync(ctx)
		if err != nil {
			return err
		}
		if _, err := s.Write([]byte("hello")); err != nil {
			return err
		}
		_ = s.Close()
		_, err = io.ReadAll(s)
		return err
	})
}
