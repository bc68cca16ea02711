//go:build !linux || !amd64 || hotso_fallback

package invoke

import "github.com/hotso/hotso/host/internal/call"

// registers is not reached: gate.Assign gives no lease here.
func (d *Direct) registers(*call.Frame) {}
