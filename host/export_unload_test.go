package host

import (
	"testing"

	"github.com/hotso/hotso/host/internal/instance"
)

// Omit makes every unload leave out one of the host's steps: "files", "image" or
// "slots".
func Omit(step string) { instance.Omit = step }

// ExpectThreads has unloads first ask each library for n of its threads, and then again for more.
func ExpectThreads(t *testing.T, n int) {
	before := instance.ThreadsExpected
	instance.ThreadsExpected = n
	t.Cleanup(func() { instance.ThreadsExpected = before })
}

// LeaveSlots leaves n TLS slots free, see instance.LeaveSlots.
func LeaveSlots(n int) (left int, release func(), err error) { return instance.LeaveSlots(n) }
