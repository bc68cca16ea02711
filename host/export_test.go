package host

// OpenPermanent opens what the first load opens for the life of the process.
func OpenPermanent() error {
	_, err := carrier()
	return err
}

// KillForTest ends the runtime of a library from outside.
func KillForTest(l *Library) { l.kill("killed by a test") }
