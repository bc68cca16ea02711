package rank

// The ranks, outermost first: each names the one it is inside of, and what a lock of
// it guards. Two locks of one rank are never held together.
type (
	Swapping    struct{ outermost }           // one deployment of a slot at a time
	Teardown    struct{ inside[Swapping] }    // one teardown of a version at a time
	Unloading   struct{ inside[Teardown] }    // one version of the process leaves at a time
	Loading     struct{ inside[Unloading] }   // one version of the process is mapped at a time
	Slot        struct{ inside[Loading] }     // the tables of a slot: versions, bindings, crashes
	Events      struct{ inside[Slot] }        // the queue of a slot's events
	Death       struct{ inside[Events] }      // how far the end of a version's runtime has come
	Streams     struct{ inside[Death] }       // the open streams of a version, and the state of each
	Watchdog    struct{ inside[Streams] }     // the seats whose callers stay
	Watch       struct{ inside[Watchdog] }    // the context of the call in one such seat
	Call        struct{ inside[Watch] }       // whether a call whose caller may leave is still inside
	Descriptors struct{ inside[Call] }        // whose the open files are that libraries brought
	Frames      struct{ inside[Descriptors] } // what calls that a crash ended left to be written to
	Registry    struct{ inside[Frames] }      // what the process has once for all libraries
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
