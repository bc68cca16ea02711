package top

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/hotso/hotso/host/internal/libtest"
)

// No test leaves a connection or a goroutine behind. Times are shown as in UTC.
func TestMain(m *testing.M) {
	time.Local = time.UTC
	before := runtime.NumGoroutine()
	libtest.Main(m, libtest.Check(func() error {
		if n := runtime.NumGoroutine(); n > before {
			return fmt.Errorf("%d goroutines, %d before", n, before)
		}
		return nil
	}))
}
