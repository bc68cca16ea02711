package gen_test

import (
	"testing"

	"github.com/hotso/hotso/host/internal/libtest"
)

// The TLS carrier and the eventfd of crashes stay for as long as the process lives.
func TestMain(m *testing.M) { libtest.Main(m, libtest.Allow("hotso-tls", "anon_inode:[eventfd]")) }
