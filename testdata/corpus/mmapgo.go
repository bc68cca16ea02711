//go:build mmapgo

package main

import (
	"os"

	"github.com/edsrzf/mmap-go"
)

func init() {
	var m mmap.MMap
	busy(func() error {
		f, err := os.CreateTemp("", "mmapgo")
		if err != nil {
			return err
		}
		if err := f.Truncate(1 << 20); err != nil {
			return err
		}
		if m, err = mmap.Map(f, mmap.RDWR, 0); err != nil {
			return err
		}
		return m.Lock()
	}, func() error {
		m[0]++
		return nil
	})
}
