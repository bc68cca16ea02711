package soak

// fault takes a nil pointer panic in the host and recovers it: the signal that it
// begins with is one that each library's runtime would handle, and pass on to
// the one loaded before it, on one small stack.
func fault() (recovered bool) {
	defer func() { recovered = recover() != nil }()
	var nothing *[64]int
	return nothing[faultAt] == 0
}

// faultAt is a variable so that the compiler does not see the outcome.
var faultAt = 7
