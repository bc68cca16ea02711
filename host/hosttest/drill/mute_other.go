//go:build !linux

package drill

import "os"

// Mute does nothing: crashes are not contained here.
func Mute() (stderr *os.File, err error) { return os.Stderr, nil }
