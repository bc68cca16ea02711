package host

// OpenPermanent opens what the first load opens for the life of the process.
func OpenPermanent() error {
	_, err := carrier()
	return err
}

// Hold stands for a call that is inside l until release is closed. It is inside
// when the returned channel is closed.
func Hold(l *Library, release <-chan struct{}) <-chan struct{} {
	inside := make(chan struct{})
	go func() {
		token, _ := l.gate.Enter()
		close(inside)
		<-release
		l.gate.Leave(token)
	}()
	return inside
}
