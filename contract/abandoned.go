package contract

import "errors"

// An Abandoned call is in the error of one that its caller has left behind, as its context had
// ended: it is still inside.
type Abandoned interface {
	error
	// Over is closed when it has come out.
	Over() <-chan struct{}
	// Reply is what it has returned then; nil if it has failed.
	Reply() []byte
}

// abandoned is the call that was left behind, if err is the error of one.
func abandoned(err error) (Abandoned, bool) {
	if err == nil {
		return nil, false
	}
	return errors.AsType[Abandoned](err)
}
