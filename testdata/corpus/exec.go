//go:build exec

package main

import (
	"io"
	"os/exec"
)

// A child that reads from a pipe until that ends, which it does with the library.
func init() {
	var in io.WriteCloser
	busy(func() (err error) {
		cmd := exec.Command("cat")
		cmd.Stdout = new(counter)
		if in, err = cmd.StdinPipe(); err != nil {
			return err
		}
		if err := cmd.Start(); err != nil {
			return err
		}
		go func() { _ = cmd.Wait() }()
		return exec.Command("true").Run()
	}, func() error {
		_, err := in.Write([]byte("x"))
		return err
	})
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
