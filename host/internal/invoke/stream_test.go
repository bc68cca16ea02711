package invoke

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// endsLate is a context that ends after it was asked.
type endsLate struct {
	context.Context
	asked bool
}

func (c *endsLate) Err() error {
	if !c.asked {
		c.asked = true
		return nil
	}
	return context.Canceled
}

// A context that ends while a read begins is the reason that the read tells.
func TestReadWhileTheContextEnds(t *testing.T) {
	s := &stream{target: New("any", "1", "", &Config{}), ctx: &endsLate{Context: t.Context()}, closed: true}
	_, _, err := s.read(make([]byte, 1))
	require.ErrorIs(t, err, context.Canceled)
}
