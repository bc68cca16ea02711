//go:build websocket

package main

import (
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/gorilla/websocket"
)

func init() {
	var conn *websocket.Conn
	busy(func() (err error) {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var up websocket.Upgrader
			c, err := up.Upgrade(w, r, nil)
			for err == nil {
				var kind int
				var b []byte
				if kind, b, err = c.ReadMessage(); err == nil {
					err = c.WriteMessage(kind, b)
				}
			}
		}))
		conn, _, err = websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.URL, "http"), nil)
		return err
	}, func() error {
		if err := conn.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
			return err
		}
		_, _, err := conn.ReadMessage()
		return err
	})
}
