//go:build !static

package main

// #cgo LDFLAGS: -lopenblas
import "C"
