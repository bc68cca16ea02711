package rank

// The ranks, outermost first: each names the one it is inside of, and what a lock of
// it guards. Two locks of one rank are never held together. A deployment's [Token] is
// held outside of all of them.
type (
	Unloading      struct{ outermost }              // one version of the process leaves at a time
	Files          struct{ inside[Unloading] }      // what the versions of the process have open
	Slot           struct{ inside[Files] }          // the tables of a slot and its policies
	Events         struct{ inside[Slot] }           // the states of a slot's versions, and the queue of their events
	Watchdog       struct{ inside[Events] }         // the leases whose callers stay
	Cancellation   struct{ inside[Watchdog] }       // whether the call with one such lease is told to cancel
	Call           struct{ inside[Cancellation] }   // whether a call whose caller may leave is still inside
	Stream         struct{ inside[Call] }           // whether a stream is open
	Streams        struct{ inside[Stream] }         // the open streams of a version
	BuiltinStreams struct{ inside[Streams] }        // the same, of one that is linked into the program
	Pins           struct{ inside[BuiltinStreams] } // who pins a version
	End            struct{ inside[Pins] }           // how far the end of a version's runtime has come
	Orphans        struct{ inside[End] }            // what calls that a crash ended left to be written to
	Gate           struct{ inside[Orphans] }        // who waits for a gate to be empty
	Limit          struct{ inside[Gate] }           // who waits for a place inside
	Registry       struct{ inside[Limit] }          // what the process has once for all libraries
	Heritage       struct{ inside[Registry] }       // the descriptors that a version hands over
)

// A Rank is one of the types above.
type Rank interface{ depth() int }

// outermost is the rank that is inside of none.
type outermost struct{}

func (outermost) depth() int { return 0 }

// inside makes a rank the next one after R.
type inside[R Rank] struct{}

func (inside[R]) depth() int {
	var r R
	return r.depth() + 1
}
