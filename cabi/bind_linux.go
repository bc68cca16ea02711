//go:build cgo && linux && (amd64 || arm64)

package cabi

import "C"

// The shim makes this call when a thread of the host's enters for the first
// time; see bind in enter.c.
//
//export hotso_go_bind
func hotso_go_bind() {}
