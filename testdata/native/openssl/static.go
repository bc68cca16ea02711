//go:build static

package main

// #cgo LDFLAGS: -l:libssl.a -l:libcrypto.a -ldl
import "C"
