package host

// OpenPermanent opens what the first load opens for the life of the process.
func OpenPermanent() error {
	_, err := carrier()
	return err
}

// Offers is how many offers libraries can call.
func Offers() (n int) {
	offers.Range(func(any, any) bool { n++; return true })
	return n
}
