package foreign

import (
	"time"

	"github.com/hotso/hotso/host/internal/instance"
)

type signalItem struct {
	Kind string    `json:"kind"`
	Time time.Time `json:"time"`
	instance.TakenSignal
}

// Signals takes back the signals that libraries need, and returns those that others have taken meanwhile.
func Signals() ([]byte, error) {
	taken, err := instance.TakeSignals()
	if err != nil {
		return nil, err
	}
	if taken == nil {
		taken = []instance.TakenSignal{}
	}
	return encode(taken), nil
}

// takeSignals does so after a version was loaded for the slot, and tells its queue.
func (s *slot) takeSignals() {
	taken, _ := instance.TakeSignals() // the next load fails for the same reason, and says why
	for _, t := range taken {
		s.queue.put(encode(signalItem{"signal", time.Now(), t}), false)
	}
}
