//go:build linux && (cgo || android || !(amd64 || arm64))

package tls

// room reports that the program's TLS has no place for slots; see doc.go.
func room() (offset int64, ok bool) { return 0, false }
