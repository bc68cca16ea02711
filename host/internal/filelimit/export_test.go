package filelimit

// The tests are a package of their own: what a test file here imported would start before this package.

// Began is the soft limit that the process began with.
func Began() uint64 { return began.soft }

// SetBegan has the process have begun with others, until restore is called.
func SetBegan(soft, hard uint64) (restore func()) {
	was := began
	began = limit{soft, hard}
	return func() { began = was }
}
