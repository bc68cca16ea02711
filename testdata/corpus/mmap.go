//go:build mmap

package main

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Memory that Go code maps by itself, some of it locked.
func init() {
	var all [][]byte
	busy(func() error {
		for _, flags := range []int{0, unix.MAP_POPULATE} {
			m, err := syscall.Mmap(-1, 0, 4<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|flags)
			if err != nil {
				return err
			}
			all = append(all, m)
		}
		m, err := unix.Mmap(-1, 0, 1<<16, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_SHARED)
		if err != nil {
			return err
		}
		all = append(all, m)
		p, err := unix.MmapPtr(-1, 0, nil, 1<<16, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		if err != nil {
			return err
		}
		if _, err = unix.MremapPtr(p, 1<<16, nil, 1<<20, unix.MREMAP_MAYMOVE); err != nil {
			return err
		}
		return unix.Mlock(m)
	}, func() error {
		for _, m := range all {
			m[len(m)/2]++
		}
		return nil
	})
}
