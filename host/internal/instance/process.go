package instance

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/hotso/hotso/host/internal/dl"
	"github.com/hotso/hotso/host/internal/rank"
	"github.com/hotso/hotso/host/internal/tls"
)

// process is what all libraries of this process share.
var process = struct {
	nextID atomic.Uint64 // ids of loads; never used twice
	// loading: one load at a time from its first descriptor to its last, so that what
	// appears meanwhile is that load's. No lock, as init functions of the library run
	// meanwhile, and may call the host.
	loading rank.Token
	// unloading lets one version at a time out: the steps from exits on change what the
	// whole process shares, and what they find in /proc is theirs.
	unloading rank.Mutex[rank.Unloading]

	carrierOnce sync.Once
	carrier     *tls.Carrier
	carrierErr  error
}{loading: rank.NewToken()}

// openCarrier opens, with the first library, the TLS carrier and what waits for
// crashes.
func openCarrier() (*tls.Carrier, error) {
	p := &process
	p.carrierOnce.Do(func() {
		if p.carrierErr = errors.Join(noteHostFiles(), awaitCrashes()); p.carrierErr == nil {
			p.carrier, p.carrierErr = tls.Open(dl.Loader{})
		}
	})
	return p.carrier, p.carrierErr
}

// OpenPermanent opens what the first load opens for the life of the process.
func OpenPermanent() error {
	_, err := openCarrier()
	return err
}
