package upgrade

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/cloudflare/tableflip"
)

// A state is what a process tells the next one, beside the descriptors. Descriptors of earlier processes go on from
// process to process, as tableflip forgets none: the state says which ones are meant.
type state struct {
	Serves []string `json:"serves,omitempty"` // names of libraries that a version serves of
	Own    []string `json:"own,omitempty"`    // names of descriptors of the program's
}

const (
	stateName = "state"
	maxState  = 32 << 10 // bytes; a pipe takes twice that without a reader
)

// pass leaves the state in a pipe for the next process.
func (s state) pass(flip *tableflip.Upgrader) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if len(b) > maxState {
		return fmt.Errorf("there are too many libraries to name to another process: %d bytes", len(b))
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return errors.Join(err, w.Close(), flip.AddFile(stateName, r), r.Close())
}

// receive reads what the process before has left; it closes nothing.
func (s *state) receive(f *os.File) error {
	if f == nil {
		return errors.New("it is another program, which knows no state")
	}
	return json.NewDecoder(io.LimitReader(f, maxState)).Decode(s)
}
