package instance

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/invoke"
	"github.com/hotso/hotso/host/life"
)

// What could not be mapped is let go without a word: it was never in the process, so it
// neither leaves nor stays there.
func TestCloseOfWhatWasNotMapped(t *testing.T) {
	conf := &Config{}
	in := &Instance{Desc: &life.Description{}, Target: invoke.New("name", "1", "file", &conf.Config),
		conf: conf, opened: make(chan struct{})}
	var told []life.State
	in.tell = func(e life.Event) { told = append(told, e.State) }
	in.giveUp(t.Context())
	_, err := in.Close(t.Context()) // as the end of its runtime has it
	require.NoError(t, err)
	assert.Empty(t, told)
}
