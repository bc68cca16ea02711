package host

import (
	"context"
	"time"

	"github.com/hotso/hotso/host/internal/rollout"
)

// A Share says which calls go to a canary: those with one of the Keys, and Percent of
// all others. For calls that have a key (WithKey), Percent is a share of the keys: all
// calls with the same key go the same way, in every process, as long as Percent is the
// same; when it grows, no key leaves the canary. Which keys go there differs from
// version to version. Calls without a key are drawn at random, each by itself.
type Share struct {
	Percent float64  `json:"percent"` // between 0 and 100
	Keys    []string `json:"keys,omitempty"`
}

func (s Share) String() string { return rollout.Share(s).String() }

// WithKey gives calls that are made with the context a key, by which a Share finds
// them: a user or session, say. It matters only while a canary runs.
func WithKey(ctx context.Context, key string) context.Context { return rollout.WithKey(ctx, key) }

// A Promotion says when a canary is promoted without a call of Promote: once all its
// conditions are met. The zero Promotion leaves it to Promote. It is judged every
// Rule.Health.
type Promotion struct {
	Calls  int64         `json:"calls,omitempty"`  // that the canary has answered, at least
	After  time.Duration `json:"after,omitempty"`  // since it began; as the only condition, a canary without calls passes too
	Errors float64       `json:"errors,omitempty"` // share of its calls that may have failed, between 0 and 1
}

// Canary has the library at path serve a share of the calls, beside the current
// version. It is read, verified, loaded, started and checked as in Swap, before
// any call reaches it. From then on
//
//   - Promote, or the promotion, makes it the current version;
//   - Abort, the Rule of Probation, its health hooks, a crash, or the binding of a Func
//     that it lacks ends it: its calls then go to the current version, and it is
//     failed and unloaded;
//   - Swap, Rollback and another Canary are refused with ErrCanary;
//   - a crash of the current version is handled as usual, for its own share; if
//     nothing is left to fall back to, the canary is promoted. A probation of the
//     current version goes on.
//
// Versions shows share, calls, errors and calls in flight of both. What Canary
// returns is the canary's entry there. Errors are those of Swap, ErrCanary,
// ErrEmpty if no version serves, ErrTwoStates, and ErrArgument for the share.
func (s *Slot) Canary(ctx context.Context, path string, share Share, promotion Promotion) (*VersionInfo, error) {
	return s.CanaryOf(ctx, File(path), share, promotion)
}

// CanaryOf is Canary for a version from anywhere, as SwapTo is Swap.
func (s *Slot) CanaryOf(ctx context.Context, from Source, share Share, promotion Promotion) (*VersionInfo, error) {
	src, err := from.check(s)
	if err != nil {
		return nil, err
	}
	return s.s.Canary(ctx, src, rollout.Share(share), rollout.Promotion(promotion))
}

// SetShare changes how many of the calls, and which, go to the canary. Errors are
// ErrNoCanary and ErrArgument.
func (s *Slot) SetShare(share Share) error { return s.s.SetShare(rollout.Share(share)) }

// Promote makes the canary the current version, as Swap would: the previous version is
// let go, or kept warm if there is a Probation. Errors are ErrNoCanary, and ErrBusy
// as for Swap.
func (s *Slot) Promote(ctx context.Context) (*Swap, error) { return s.s.Promote(ctx) }

// Abort ends the canary: its calls go on with the current version, and it is drained
// and let go as by Close. The error is ErrNoCanary, or that of Close.
func (s *Slot) Abort(ctx context.Context) (*Report, error) { return s.s.Abort(ctx) }
