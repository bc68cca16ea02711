package oci

import (
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/hotso/hotso/host/internal/regular"
)

// digestOf is that of a file, as registries write it; empty if it can't be read.
func digestOf(path string) string {
	f, _, err := regular.OpenNoFollow(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return fmt.Sprintf("sha256:%x", h.Sum(nil))
}
