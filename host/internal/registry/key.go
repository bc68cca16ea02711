package registry

import (
	"fmt"

	"aead.dev/minisign"
)

// keyID names the key of a signature, as minisign prints it; empty if there is none.
func keyID(text []byte) string {
	var s minisign.Signature
	if len(text) == 0 || s.UnmarshalText(text) != nil {
		return ""
	}
	return fmt.Sprintf("%016X", s.KeyID)
}
