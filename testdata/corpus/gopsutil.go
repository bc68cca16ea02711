//go:build gopsutil

package main

import (
	"os"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/mem"
	"github.com/shirou/gopsutil/v4/process"
)

func init() {
	busy(func() error {
		_, err := cpu.Info()
		return err
	}, func() error {
		if _, err := mem.VirtualMemory(); err != nil {
			return err
		}
		p, err := process.NewProcess(int32(os.Getpid()))
		if err != nil {
			return err
		}
		_, err = p.NumThreads()
		return err
	})
}
