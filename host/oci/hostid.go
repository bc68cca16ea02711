package oci

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
)

// HostID is what a host is called in rollouts unless something else is said: a digest of machine-id(5), where there is one, and
// the host's name, neither of which can be told from it. Containers that are made anew under another name get
// another; give them that of their node, say.
func HostID() string {
	machine, _ := os.ReadFile("/etc/machine-id")
	name, _ := os.Hostname()
	sum := sha256.Sum256([]byte("hotso rollouts\x00" + strings.TrimSpace(string(machine)) + "\x00" + name))
	return hex.EncodeToString(sum[:16])
}
