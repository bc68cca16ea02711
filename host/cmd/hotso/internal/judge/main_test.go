package judge_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/hotso/hotso/host/internal/libtest"
)

// No test leaves a connection or a goroutine behind.
func TestMain(m *testing.M) {
	before := runtime.NumGoroutine()
	libtest.Main(m, libtest.Check(func() error {
		n := runtime.NumGoroutine()
		for end := time.Now().Add(10 * time.Second); n > before && time.Now().Before(end); n = runtime.NumGoroutine() {
			time.Sleep(10 * time.Millisecond)
		}
		if n > before {
			return fmt.Errorf("%d goroutines, %d before", n, before)
		}
		return nil
	}))
}
