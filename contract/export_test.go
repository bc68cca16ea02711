package contract

import "time"

// SetFree has the objects of contracts that are bound from now on freed with less patience, until undo.
func SetFree(patience time.Duration, hung int) (undo func()) {
	oldPatience, oldHung := freePatience, mostHung
	freePatience, mostHung = patience, hung
	return func() { freePatience, mostHung = oldPatience, oldHung }
}
