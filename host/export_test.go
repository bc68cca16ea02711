package host

// OpenPermanent opens what the first load opens for the life of the process.
func OpenPermanent() error {
	_, err := carrier()
	return err
}
