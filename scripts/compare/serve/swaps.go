package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// A second is one with a swap in it, and the one before without.
type second struct{ quiet, swapped run }

// measureSwaps has the server under load for a second without a swap and then for one with, and again.
func measureSwaps(s *server, dir string, rounds int) (seconds []second, err error) {
	served := filepath.Join(dir, "served")
	for i := range rounds {
		quiet, err := s.load(time.Second)
		if err != nil {
			return nil, err
		}
		swapped := make(chan error, 1)
		time.AfterFunc(500*time.Millisecond, func() { swapped <- deploy(dir, served, i) })
		during, err := s.load(time.Second)
		if err != nil {
			return nil, err
		}
		if err := <-swapped; err != nil {
			return nil, err
		}
		seconds = append(seconds, second{quiet, during})
	}
	return seconds, nil
}

// swapVersion is the version of a swap.
func swapVersion(i int) string { return fmt.Sprintf("2.%d", i) }

// deploy moves the version of a swap to where hotso looks for it.
func deploy(dir, served string, i int) error {
	file := "libgreeter.v" + swapVersion(i) + ".so"
	return os.Rename(filepath.Join(dir, file), filepath.Join(served, file))
}
