package life

import "fmt"

// A Conflict is a file that two versions in the process have open, and only one may have: both
// write to it, and not both only append (O_APPEND), or one has locked it for itself, by whatever
// kind of lock.
//
// Databases protect themselves by locks against other processes. Locks of fcntl(2) do not tell two
// versions in one process apart, so both may believe that the file is theirs.
type Conflict struct {
	Path    string `json:"path"`
	Name    string `json:"name"`    // of the other library
	Version string `json:"version"` // and which of its versions
	Locked  bool   `json:"locked,omitempty"`
}

func (c Conflict) String() string {
	how := "is open for writing"
	if c.Locked {
		how = "is open, and locked,"
	}
	return fmt.Sprintf("%s %s in %s v%s, too", c.Path, how, c.Name, c.Version)
}
