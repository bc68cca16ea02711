//go:build sonic

package main

import "github.com/bytedance/sonic"

func init() {
	type message struct {
		Name  string
		Items []struct{ ID, Count int }
	}
	busy(func() error { return nil }, func() error {
		var m message
		if err := sonic.Unmarshal([]byte(`{"Name":"a","Items":[{"ID":1,"Count":2}]}`), &m); err != nil {
			return err
		}
		_, err := sonic.Marshal(&m)
		return err
	})
}
