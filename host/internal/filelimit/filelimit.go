package filelimit

// A limit is a struct rlimit64: the soft limit and the hard one.
type limit struct{ soft, hard uint64 }

var began = ask()

// Raised returns the soft limit that the process began with, if package syscall has raised it to
// soft, and 0 otherwise: then a child gets the one that its parent has. soft and hard are the process's limits now.
func Raised(soft, hard uint64) uint64 {
	// One less than the hard limit is the value by which package syscall, too, knows what it has set.
	if hard == 0 || hard != began.hard || soft != hard-1 || began.soft >= soft {
		return 0
	}
	return began.soft
}
