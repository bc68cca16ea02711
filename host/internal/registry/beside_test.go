package registry_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hotso/hotso/host/internal/registry"
)

func TestIsAttachment(t *testing.T) {
	hex := strings.Repeat("0a", 32)
	for _, tag := range []string{"sha256-" + hex, "sha256-" + hex + ".sig", "sha256-" + hex + ".att"} {
		assert.True(t, registry.IsAttachment(tag), tag)
	}
	for _, tag := range []string{"stable", "1.0.0", "sha256-" + hex[1:], "v" + hex, "sha256-" + hex + ".", "x-sha256-" + hex} {
		assert.False(t, registry.IsAttachment(tag), tag)
	}
}
