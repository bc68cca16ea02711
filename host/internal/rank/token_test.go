package rank

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestToken(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	token := NewToken()
	for range 100 { // a token that is free is had, whatever the context says
		require.NoError(t, token.Acquire(ended))
		assert.ErrorIs(t, token.Acquire(ended), context.Canceled)
		token.Release()
	}
	require.NoError(t, token.Acquire(t.Context()))
	next := make(chan error)
	go func() { next <- token.Acquire(t.Context()) }()
	token.Release()
	require.NoError(t, <-next)
}
