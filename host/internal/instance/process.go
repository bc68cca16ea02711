package instance

import (
	"sync"
	"sync/atomic"

	"github.com/hotso/hotso/host/internal/dl"
	"github.com/hotso/hotso/host/internal/rank"
	"github.com/hotso/hotso/host/internal/tls"
)

// process is what all libraries of this process share.
var process = struct {
	nextID atomic.Uint64 // ids of loads; never used twice
	// loading: one dlopen at a time. No lock, as constructors of the library run
	// meanwhile.
	loading rank.Token
	// unloading lets one version at a time out: the steps from exits on change what the
	// whole process shares, and what they find in /proc is theirs.
	unloading rank.Mutex[rank.Unloading]

	kept sync.Map // *beginning and *needed.Own of libraries that are resident

	carrierOnce sync.Once
	carrier     *tls.Carrier
	carrierErr  error
}{loading: rank.NewToken()}

// openCarrier opens, with the first library, the TLS carrier and what waits for
// crashes.
func openCarrier() (*tls.Carrier, error) {
	p := &process
	p.carrierOnce.Do(func() {
		if p.carrierErr = dl.Check(); p.carrierErr != nil {
			return
		}
		if p.carrierErr = awaitCrashes(); p.carrierErr == nil {
			p.carrier, p.carrierErr = tls.Open(dl.Loader{})
		}
	})
	return p.carrier, p.carrierErr
}

// LeaveSlots takes all TLS slots but n, if there are more, until release is called: for
// tests of what happens when none is free. It returns how many there are then.
func LeaveSlots(n int) (left int, release func(), err error) {
	c, err := openCarrier()
	if err != nil {
		return 0, nil, err
	}
	var taken []tls.Slot
	release = func() {
		for _, s := range taken {
			s.Release()
		}
	}
	for range c.Slots() - n {
		s, err := c.Acquire()
		if err != nil {
			release()
			return 0, nil, err
		}
		taken = append(taken, s)
	}
	return c.Slots() - len(taken), release, nil
}

// OpenPermanent opens what the first load opens for the life of the process.
func OpenPermanent() error {
	_, err := openCarrier()
	return err
}
