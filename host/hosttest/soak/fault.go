package soak

// fault causes a nil pointer panic in the host and recovers it. It begins with a signal
// that each library's runtime would otherwise handle, and pass on to the one loaded
// before it, on one small stack.
func fault() (recovered bool) {
	defer func() { recovered = recover() != nil }()
	var nothing *[64]int
	return nothing[faultAt] == 0
}

// faultAt is a variable so that the compiler does not see the outcome.
var faultAt = 7
