package gen_test

import (
	"testing"

	"github.com/hotso/hotso/host/internal/libtest"
)

// The TLS carrier stays for as long as the process lives.
func TestMain(m *testing.M) { libtest.Main(m, libtest.Allow("hotso-tls")) }
