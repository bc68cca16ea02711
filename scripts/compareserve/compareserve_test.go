package main

import (
	"flag"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The test binary is also the servers that it starts.
func TestMain(m *testing.M) {
	flag.Parse()
	if *serves != "" || *asPlugin {
		main()
		return
	}
	os.Exit(m.Run())
}

// What is compared answers the same as hotso serve.
func TestAnswers(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	for _, kind := range []string{"net/http", "go-plugin"} {
		s, err := start(kind, exec.Command(self, "-serve", kind))
		require.NoError(t, err)
		r, err := http.Post(s.url, "application/json", strings.NewReader(`["Ada"]`))
		require.NoError(t, err)
		text, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.NoError(t, r.Body.Close())
		assert.JSONEq(t, `{"result":"Hello, Ada!","version":"1"}`, string(text), kind)

		samples, err := attack(t.Context(), s, 50*time.Millisecond)
		require.NoError(t, err)
		assert.NotEmpty(t, samples)
		require.NoError(t, s.stop())
	}
}

func TestMedian(t *testing.T) {
	half := median([]result{{rate: 3}, {rate: 10}, {rate: 5}}, func(r, other result) float64 { return r.rate / other.rate },
		[]result{{rate: 6}, {rate: 10}, {rate: 20}})
	assert.Equal(t, 0.5, half)
}
