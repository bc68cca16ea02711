package sigdispatch

// A Taken is a signal whose handler somebody has replaced.
type Taken struct {
	Signal  string  // SIGSEGV
	Handler uintptr // theirs; it is called for what no library has to do with
}
