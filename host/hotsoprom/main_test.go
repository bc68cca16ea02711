package hotsoprom_test

import (
	"testing"

	"github.com/hotso/hotso/host/internal/libtest"
)

// The TLS carrier, the eventfd for crashes, and the list of threads stay until the process ends.
func TestMain(m *testing.M) {
	libtest.Main(m, libtest.Allow("hotso-tls", "anon_inode:[eventfd]", "/task"))
}
