//go:build memberlist

package main

import (
	"fmt"
	"io"

	"github.com/hashicorp/memberlist"
)

func init() {
	var list *memberlist.Memberlist
	busy(func() error {
		var err error
		for i := range 2 {
			conf := memberlist.DefaultLocalConfig()
			conf.Name, conf.BindAddr, conf.BindPort, conf.LogOutput = fmt.Sprint(i), "127.0.0.1", 0, io.Discard
			first := list
			if list, err = memberlist.Create(conf); err != nil {
				return err
			}
			if first != nil {
				if _, err = list.Join([]string{first.LocalNode().FullAddress().Addr}); err != nil {
					return err
				}
			}
		}
		return nil
	}, func() error { return list.UpdateNode(0) })
}
