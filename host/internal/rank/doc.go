// Package rank has mutexes whose type says where they stand in the one order in
// which locks are taken. Whoever holds several took them from the outside in, so no
// two goroutines can wait for each other. The order is in ranks.go.
//
//	type Slot struct {
//		mu rank.Mutex[rank.Slot]
//	}
//
//	s.mu.Lock()
//	j.mu.Lock() // of rank Events, which is inside of Slot
//	...
//	j.mu.Unlock()
//	s.mu.Unlock()
//
// Code of the user's may do anything, such as call what takes these locks. So none
// is held while it runs, and whoever runs it says so:
//
//	rank.Unlocked()
//	s.conf.OnEvent(e)
//
// What lasts as long as an operation, and has hooks and checks run meanwhile, is held
// as a [Token], which is no lock.
//
// In an ordinary build a Mutex is sync.Mutex, and Unlocked is empty. With the build tag
// hotso_lockrank each Lock and each Unlocked is checked, and what is out of order panics
// before it can deadlock, whether or not another goroutine was there to deadlock with:
//
//	go test -tags hotso_lockrank ./host/...
package rank
