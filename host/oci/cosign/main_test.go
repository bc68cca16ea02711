package cosign_test

import (
	"testing"

	"github.com/hotso/hotso/host/internal/libtest"
)

func TestMain(m *testing.M) { libtest.Main(m) }
