//go:build netlink

package main

import "github.com/vishvananda/netlink"

// A subscription, which is not ended.
func init() {
	busy(func() error {
		return netlink.LinkSubscribe(make(chan netlink.LinkUpdate, 10), make(chan struct{}))
	}, func() error {
		_, err := netlink.LinkList()
		return err
	})
}
