//go:build cgo

package tls

const usesCgo = true
