package watch

import (
	"io/fs"
	"os"
)

// A stamp stands for a file's content: when it changes, the content may have.
// The clock behind a file's times advances in steps of some milliseconds, but a
// file is not reported before the settle time after its last change has passed, so
// a later write does change its time.
type stamp struct {
	size    int64
	modTime int64 // in nanoseconds since 1970
	inode
	mode   fs.FileMode
	failed string // the error of stat
}

// stampOf follows symbolic links, as loading will. info is nil after an error.
func stampOf(path string) (stamp, fs.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{failed: err.Error()}, nil, err
	}
	return stamp{
		size:    info.Size(),
		modTime: info.ModTime().UnixNano(),
		inode:   inodeOf(info),
		mode:    info.Mode(),
	}, info, nil
}

// content is the part of the stamp that chmod, chown and ln leave alone. They
// can make an unreadable file readable, so they are a reason to check again,
// but no reason to report a version again.
func (s stamp) content() stamp {
	s.mode, s.changed = 0, 0
	return s
}
