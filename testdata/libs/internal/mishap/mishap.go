// Package mishap has a library go wrong as it is told.
package mishap

import (
	"errors"
	"os"
)

// A Mishap is the step at which a library fails, as "save". With "hang-" before it, it never comes to the end of
// the step, and with "crash-" it ends its runtime there. The empty one is none.
type Mishap string

// At is for the begin of a step.
func (m Mishap) At(step string) error {
	switch string(m) {
	case step:
		return errors.New(step + " fails as told")
	case "hang-" + step:
		select {}
	case "crash-" + step:
		os.Exit(3)
	}
	return nil
}
