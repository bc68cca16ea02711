package main

import "fmt"

// sized cuts a caller's buffer to what the library wrote there.
func sized(out []byte, length uintptr, status int32) ([]byte, error) {
	if status != 0 || length > uintptr(len(out)) {
		return nil, fmt.Errorf("status %d, %d bytes", status, length)
	}
	return out[:length], nil
}

// text is sized, as a string that owns its bytes.
func text(out []byte, length uintptr, status int32) (string, error) {
	b, err := sized(out, length, status)
	return string(b), err
}
