//go:build !hotso_lockrank

package rank

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// An ordinary build has ordinary locks: these are the same type, or it does not compile.
var _ *sync.Mutex = (*Mutex[Slot])(nil)

func TestAnOrdinaryBuildChecksNothing(t *testing.T) {
	var inner Mutex[End]
	var outer Mutex[Slot]
	inner.Lock()
	defer inner.Unlock()
	assert.NotPanics(t, func() {
		Unlocked()
		outer.Lock()
		defer outer.Unlock()
	})
}
