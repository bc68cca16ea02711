//go:build !unix

package blobcache

import "io/fs"

// links is not known here.
func links(fs.FileInfo) uint64 { return 1 }

func isFull(error) bool { return false }
