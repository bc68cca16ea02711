//go:build !linux

package doctor

import "runtime"

func lookAtMachine(f *findings) {
	f.careful("platform", runtime.GOOS+"/"+runtime.GOARCH+": versions are swapped, and the old ones stay in the process",
		"use linux/amd64 or linux/arm64 with glibc where they must go")
}
