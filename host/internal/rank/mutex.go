//go:build !hotso_lockrank

package rank

import "sync"

// A Mutex is a lock of rank R. Its zero value is unlocked.
type Mutex[R Rank] = sync.Mutex

// Unlocked panics, with the build tag hotso_lockrank, if the goroutine holds a lock.
func Unlocked() {}
