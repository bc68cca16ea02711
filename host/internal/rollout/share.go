package rollout

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/hotso/hotso/host/life"
)

// A Share says which calls go to a canary: those with one of the Keys, and Percent of
// all others. Package host documents it.
type Share struct {
	Percent float64 // between 0 and 100
	Keys    []string
}

func (s Share) String() string {
	text := strconv.FormatFloat(s.Percent, 'g', -1, 64) + " % of the calls"
	switch n := len(s.Keys); n {
	case 0:
	case 1:
		text += ", and 1 key"
	default:
		text += fmt.Sprintf(", and %d keys", n)
	}
	return text
}

type keyOfCall struct{}

// WithKey gives calls that are made with the context a key, by which a Share finds them.
func WithKey(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, keyOfCall{}, key)
}

// A division is a Share as calls need it.
type division struct {
	share Share
	below uint64 // a number of keyBits bits goes to the canary if it is below
	keys  map[string]struct{}
}

// keyBits is how many bits of a random number decide; a float64 holds them exactly.
const keyBits = 53

func (s *Slot) divide(share Share) (*division, error) {
	if !(share.Percent >= 0 && share.Percent <= 100) {
		return nil, s.Error(life.StepSwap, life.ErrArgument, errors.New(share.String()), "give a number from 0 to 100")
	}
	share.Keys = slices.Clone(share.Keys)
	r := &division{share: share, below: uint64(share.Percent / 100 * (1 << keyBits))}
	if len(share.Keys) > 0 {
		r.keys = make(map[string]struct{}, len(share.Keys))
		for _, k := range share.Keys {
			r.keys[k] = struct{}{}
		}
	}
	return r, nil
}

// takes decides for one call. It takes no lock and allocates nothing.
func (c *canary) takes(ctx context.Context) bool {
	r := c.division.Load()
	key, ok := ctx.Value(keyOfCall{}).(string)
	if !ok {
		return rand.Uint64()>>(64-keyBits) < r.below
	}
	if _, named := r.keys[key]; named {
		return true
	}
	return Spread(c.version.Target.Version, key)>>(64-keyBits) < r.below
}

// Spread maps a version and a key to a number: FNV-1a, whose upper bits
// change little between similar keys, and the finalizer of MurmurHash3 behind it.
// Processes that share the callers must agree, so it has no seed and never changes.
func Spread(version, key string) uint64 {
	h := uint64(14695981039346656037)
	for _, text := range [...]string{version, "\x00", key} {
		for i := range len(text) {
			h = (h ^ uint64(text[i])) * 1099511628211
		}
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
