//go:build resolver

package main

import (
	"context"
	"errors"
	"net"
	"os/user"
	"time"
)

// Look-ups by libc, which has a thread for each.
func init() {
	busy(func() error {
		_, err := user.Lookup("root")
		return err
	}, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Millisecond)
		defer cancel()
		_, err := (&net.Resolver{}).LookupHost(ctx, "name.invalid")
		if _, ok := errors.AsType[*net.DNSError](err); !ok {
			return err
		}
		_, err = net.LookupHost("localhost")
		return err
	})
}
