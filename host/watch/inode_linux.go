package watch

import (
	"io/fs"
	"syscall"
)

// inode distinguishes a file from another that was renamed to its place.
type inode struct {
	device, number uint64
	changed        int64 // ctime, in nanoseconds since 1970
}

func inodeOf(info fs.FileInfo) inode {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return inode{}
	}
	return inode{device: uint64(st.Dev), number: st.Ino, changed: st.Ctim.Nano()}
}
