package lifecycle

import (
	"context"

	"github.com/hotso/hotso/host/internal/image"
	"github.com/hotso/hotso/host/internal/instance"
	"github.com/hotso/hotso/host/internal/invoke"
	"github.com/hotso/hotso/host/life"
)

// A Policy decides what a slot leaves open. Its methods are called in the order in
// which the slot has its policies. A policy embeds [NoPolicy] and has those methods
// that it needs:
//
//	// signedOnly refuses what nobody signed.
//	type signedOnly struct{ lifecycle.NoPolicy }
//
//	func (signedOnly) Admit(im *image.Image) error {
//		if im.Signature != nil {
//			return nil
//		}
//		return &life.Error{File: im.File, Name: im.Name, Version: im.Version, Step: life.StepVerify, Reason: life.ErrUnsigned}
//	}
//
// and the slot, made once, has it:
//
//	slot := lifecycle.NewSlot(conf)
//	slot.Use(signedOnly{})
//
// Where it says "locked", the slot's lock is held, and the policy's own tables may be
// guarded by it: the method must not wait, nor run code of the user's. Elsewhere no
// lock is held.
type Policy interface {
	// Deploy may refuse a swap, a rollback or a canary, before it begins. What ends one, to
	// promote or abort it or to close the slot, is not asked for. The step is the same for
	// all three, StepSwap: it is for the error. The token is held.
	Deploy(step life.Step) error
	// Admit may refuse a library by what its file says, before any of its code runs. The
	// slot's token is held.
	Admit(im *image.Image) error
	// Keep may keep versions when another is published: by a swap, by a rollback that
	// loads a version again, or as a promoted canary. It is not called when a canary
	// begins, nor for a return to what is still loaded, nor after a crash. Locked.
	Keep(c *Change)
	// Ended is called when the runtime of v has ended, once per version, and reports
	// whether the policy has dealt with it. Locked.
	Ended(v *Version, crash *life.Crash) (dealt bool)
	// Recover may have another version serve in place of one whose runtime has ended,
	// and reports whether it did. Calls wait meanwhile. It is not locked, and the token
	// may be held by a deployment.
	Recover(r *Recovery) bool
	// Bound is called when the host has bound another function. Locked.
	Bound(b *invoke.Binding)
	// Describe adds to what is known of a version. Locked.
	Describe(v *Version, i *life.VersionInfo)
	// Yield gives up the versions that the policy keeps loaded, which are the caller's to let go:
	// another takes over, and only one may be live. The version that serves leaves as well; if the
	// other fails, it is back (Recovery.Crash). Locked.
	Yield() []*Version
	// Drop gives up all versions that the policy keeps, which are the caller's to let go:
	// the slot is being closed. Locked.
	Drop() []*Version
}

// NoPolicy decides nothing.
type NoPolicy struct{}

func (NoPolicy) Deploy(life.Step) error               { return nil }
func (NoPolicy) Admit(*image.Image) error             { return nil }
func (NoPolicy) Keep(*Change)                         {}
func (NoPolicy) Ended(*Version, *life.Crash) bool     { return false }
func (NoPolicy) Recover(*Recovery) bool               { return false }
func (NoPolicy) Bound(*invoke.Binding)                {}
func (NoPolicy) Describe(*Version, *life.VersionInfo) {}
func (NoPolicy) Yield() []*Version                    { return nil }
func (NoPolicy) Drop() []*Version                     { return nil }

// A Change is a version that takes the place of another. Policies decide, one after the
// other, what becomes of those before.
type Change struct {
	New, Old *Version // Old is nil if there was none
	Back     bool     // New is an older version, which the slot returns to
	Gone     bool     // New has taken over from Old, which can't be kept warm

	// Fallback is the version to go back to from New: Old, unless a policy knows a better
	// one. It may be nil, or have crashed.
	Fallback *Version
	// Warm is the name of the version that is kept loaded to go back to, or empty.
	Warm string
	// Detail is what the event of New says, and Open says that a policy has not made up
	// its mind about New.
	Detail string
	Open   bool

	keep   []*Version // whose event will say that they are warm
	retire []*Version
}

// KeepWarm keeps v loaded, with its gate closed. Whoever keeps it lets it go.
func (c *Change) KeepWarm(v *Version) {
	c.Warm = v.Target.Version
	for i, r := range c.retire {
		if r == v {
			c.retire = append(c.retire[:i:i], c.retire[i+1:]...)
			c.keep = append(c.keep, v)
			return
		}
	}
}

// Retire lets v go, which a policy has kept until now.
func (c *Change) Retire(v *Version) { c.retire = append(c.retire, v) }

// A Recovery is what follows the end of the runtime of the version that serves, or that it has left
// for another, which failed.
type Recovery struct {
	Dead   *Version
	Crash  *life.Crash     // nil: it has left, and is to serve again
	State  *instance.State // what it has saved; nil: nothing
	Why    error           // that calls get while no version serves
	Detail string          // of the event that one serves again
	// Context ends when the slot is closed, which waits for the recovery.
	Context context.Context
	// Itself is Dead, to be loaded again; nil if it can't be. The slot closes it.
	Itself *instance.Spare
	// Resume lets the calls go on that wait. It is called by whoever has another
	// version serve, as soon as it does; more than once is harmless.
	Resume func()
	// Again is set by whoever could not load a version for what may pass, as want of memory
	// or descriptors: then the policies are asked again.
	Again bool
}

// Background is for what a slot does by itself.
var Background = context.Background()
