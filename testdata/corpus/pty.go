//go:build pty

package main

import (
	"os"
	"os/exec"

	"github.com/creack/pty"
)

// A shell on a terminal of its own. It ends when the terminal does.
func init() {
	var tty *os.File
	busy(func() (err error) {
		tty, err = pty.Start(exec.Command("cat"))
		return err
	}, func() error {
		if _, err := tty.Write([]byte("x\n")); err != nil {
			return err
		}
		_, err := tty.Read(make([]byte, 100))
		return err
	})
}
