// Package rollout has the policies of a slot: which version may come, how it comes, and
// which takes over when it fails.
//
//	order.go      no older version than the one that serves
//	crashes.go    what crashes too often is not loaded again
//	probation.go  the version before stays loaded, until the new one has proved itself
//	bluegreen.go  the version before stays loaded for a time, to go back by hand
//	previous.go   the version before can be loaded again
//	canary.go     a new version answers a share of the calls
//
// Each is a [lifecycle.Policy] in one file, and knows of no other. A [Slot] puts them
// together: their order in NewSlot is the order in which they are asked.
package rollout
