//go:build !static

package main

// #cgo LDFLAGS: -lssl -lcrypto
import "C"
