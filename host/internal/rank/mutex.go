//go:build !hotso_lockrank

package rank

import "sync"

// A Mutex is a lock of rank R. Its zero value is unlocked.
type Mutex[R Rank] = sync.Mutex

// Unlocked panics, with the build tag hotso_lockrank, if the goroutine holds a lock.
func Unlocked() {}

// UnlockedInside panics, with the build tag hotso_lockrank, if the goroutine holds a
// lock whose rank is inside of R. One of R, and those outside of it, may be held.
func UnlockedInside[R Rank]() {}
