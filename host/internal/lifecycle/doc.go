// Package lifecycle takes the versions of a library through their lives, and leads the
// calls of a slot to the one that serves.
//
// A [Slot] stages a version (read, verified, loaded, started, checked), publishes it in
// place of another, hands the state over, and lets the other go. Each step of a
// version is reported to its journal, by one function (journal.tell), which moves it from
// state to state as one table allows (transitions.go) and hands the event to the host.
//
// What else is to happen, when a version may come, which are kept, and what follows a
// crash, is for the slot's policies ([Policy], package rollout).
//
// # Locks
//
// A deployment holds the slot's token while it lasts, and no lock: code of anybody's
// runs meanwhile. The slot's lock (Lock, rank Slot) guards its tables and those of its
// policies, for moments. Below it are the journal's and those of package invoke; see
// package rank.
package lifecycle
