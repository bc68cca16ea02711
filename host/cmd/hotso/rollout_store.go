package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hotso/hotso/host/cmd/hotso/internal/judge"
	"github.com/hotso/hotso/host/internal/plan"
	"github.com/hotso/hotso/host/internal/registry"
)

// A channelStore keeps the plan of a channel in the registry. It is for one goroutine.
type channelStore struct {
	client *registry.Client // of the channel's tag
	last   *registry.Index  // that was loaded or saved
}

// Load implements judge.Store.
func (s *channelStore) Load(ctx context.Context) (plan.Plan, string, time.Time, error) {
	index, err := s.client.Index(ctx, s.client.Reference.Tag)
	if err != nil {
		return plan.Plan{}, "", time.Time{}, err
	}
	s.last = index
	if index.Plan == nil {
		return plan.Plan{}, "", time.Time{}, fmt.Errorf("%s: %w: begin one with hotso rollout start", s.client.Reference, judge.ErrNoRollout)
	}
	return *index.Plan, index.Descriptor.Digest.String(), s.client.Now(), nil
}

// Save implements judge.Store.
func (s *channelStore) Save(ctx context.Context, p plan.Plan, was string) error {
	from := s.last
	if from == nil || from.Descriptor.Digest.String() != was {
		var err error
		if from, err = s.client.Index(ctx, was); err != nil {
			return err
		}
	}
	next := from.With(p)
	if p.State == plan.Aborted && from.Plan.State == plan.Done {
		// One judge has ended it in good faith when another had found a fault: the index has no version to go back to any more.
		before, err := s.client.Index(ctx, from.Plan.Previous)
		if err != nil {
			return err
		}
		next.Entries = before.Entries
	}
	err := s.client.Move(ctx, s.client.Reference.Tag, was, next)
	if errors.Is(err, registry.ErrMoved) {
		return fmt.Errorf("%w: %w", judge.ErrMoved, err)
	}
	if err == nil {
		s.last = next
	}
	return err
}

// settled is how long a decision may be overwritten by one that was made at the same moment.
const settled = time.Second

// stands looks whether a decision that was saved has not been overwritten by another one of the same moment.
func (s *channelStore) stands(ctx context.Context, p plan.Plan) error {
	for look := range 2 {
		if look > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(settled):
			}
		}
		now, err := s.client.Index(ctx, s.client.Reference.Tag)
		if err != nil {
			return err
		}
		found := false
		err = s.client.History(ctx, now, func(_ *registry.Index, h plan.Plan) bool {
			found = h.ID == p.ID && h.Decision.Time.Equal(p.Decision.Time) && h.Decision.What == p.Decision.What && h.Decision.By == p.Decision.By
			return !found && h.ID == p.ID
		})
		if err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("%w: another decision came at the same moment", judge.ErrMoved)
		}
	}
	return nil
}
