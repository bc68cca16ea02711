package host_test

import (
	"testing"

	"github.com/hotso/hotso/host/internal/libtest"
)

// Every library of these tests is truly unloaded: nothing may be left but the
// TLS carrier, which lends its slots for as long as the process lives, and the
// eventfd on which the host hears of crashes.
func TestMain(m *testing.M) { libtest.Main(m, libtest.Allow("hotso-tls", "anon_inode:[eventfd]")) }
