package blobcache_test

import (
	"os"
	"testing"

	"github.com/hotso/hotso/host/internal/libtest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		child(dir)
		return
	}
	libtest.Main(m)
}
