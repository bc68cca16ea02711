//go:build static

package main

// #cgo LDFLAGS: -l:libopenblas.a -l:libgfortran.a -l:libquadmath.a -lm
import "C"
