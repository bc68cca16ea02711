// Package rank has mutexes whose type says where they stand in the one order in
// which locks are taken. Whoever holds several took them from the outside in, so no
// two goroutines can wait for each other. The order is in ranks.go.
//
//	type Slot struct {
//		swapping rank.Mutex[rank.Swapping]
//		mu       rank.Mutex[rank.Slot]
//	}
//
//	s.swapping.Lock()
//	defer s.swapping.Unlock()
//	s.mu.Lock() // inside, as its rank is
//	...
//	s.mu.Unlock()
//
// Code of the user's may do anything, such as call what takes these locks. So none
// is held while it runs, and whoever runs it says so:
//
//	rank.Unlocked()
//	s.conf.onEvent(e)
//
// A lock that stands for a whole operation is held while the hooks and checks of that
// operation run. Then it is said how far in the goroutine may be:
//
//	rank.UnlockedInside[rank.Swapping]()
//	return l.conf.check(ctx, l)
//
// In an ordinary build a Mutex is sync.Mutex, and the two functions are empty. With
// the build tag hotso_lockrank each Lock and each of these lines is checked, and what
// is out of order panics before it can deadlock, whether or not another goroutine was
// there to deadlock with:
//
//	go test -tags hotso_lockrank ./host/...
package rank
