package host

import "github.com/hotso/hotso/host/internal/instance"

// Omit has every unload leave out one of the host's steps: "files", "image" or
// "slots".
func Omit(step string) { instance.Omit = step }
