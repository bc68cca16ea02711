package host

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/hotso/hotso/host/internal/dl"
	"github.com/hotso/hotso/host/internal/tls"
)

// process is what all libraries of this process share.
var process struct {
	nextID atomic.Uint64 // ids of loads; never used twice

	// loading: one load at a time from its first descriptor to its last, so
	// that what appears meanwhile is that load's.
	loading sync.Mutex

	carrierOnce sync.Once
	carrier     *tls.Carrier
	carrierErr  error
}

// carrier opens, with the first library, the TLS carrier and what waits for
// crashes.
func carrier() (*tls.Carrier, error) {
	p := &process
	p.carrierOnce.Do(func() {
		if p.carrierErr = errors.Join(noteHostFiles(), watchCrashes()); p.carrierErr == nil {
			p.carrier, p.carrierErr = tls.Open(dl.Loader{})
		}
	})
	return p.carrier, p.carrierErr
}
