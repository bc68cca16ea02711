package registry_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/registry"
	"github.com/hotso/hotso/host/internal/registrytest"
)

func TestAfter(t *testing.T) {
	here := time.Now()
	there := here.Add(-time.Hour)
	date := func(d time.Duration) string { return there.Add(d).UTC().Format(http.TimeFormat) }
	for text, want := range map[string]time.Duration{
		"": 0, "soon": 0, "-5": 0, "0": 0, "7": 7 * time.Second, "600": 10 * time.Minute,
		"601": 10 * time.Minute, "86400": 10 * time.Minute, "99999999999999999999": 10 * time.Minute, "-99999999999999999999": 0,
		date(time.Minute): time.Minute, date(-time.Minute): 0, date(1000 * time.Hour): 10 * time.Minute,
	} {
		at := registry.After(text, there, here)
		if want == 0 {
			assert.Zero(t, at, text)
		} else {
			assert.WithinDuration(t, here.Add(want), at, time.Second, text)
		}
	}
}

// A date is by the clock of who wrote it, and so is Now, which all who use a registry share.
func TestClockSkew(t *testing.T) {
	r := registrytest.Start(t, registrytest.Options{})
	p := registrytest.NewProxy(t, r)
	c := proxied(t, p, registry.Options{})
	push(t, c, file(t, "1"))
	for _, skew := range []time.Duration{0, time.Hour, -time.Hour} {
		p.Heal()
		p.Inject(registrytest.Fault{Clock: skew})
		_, err := c.Resolve(t.Context(), "1")
		require.NoError(t, err)
		assert.WithinDuration(t, time.Now().Add(skew), c.Now(), time.Minute)
		assert.Zero(t, c.NotBefore())
		for _, date := range []bool{false, true} {
			f := registrytest.Fault{Status: http.StatusServiceUnavailable, RetryAfter: 5 * time.Minute, RetryAfterDate: date, Clock: skew, Times: 1}
			if date {
				f.RetryAfter += skew // as a registry with that clock writes it
			}
			p.Heal()
			p.Inject(f)
			_, err := c.Resolve(t.Context(), "1")
			require.ErrorContains(t, err, "503")
			assert.WithinDuration(t, time.Now().Add(5*time.Minute), c.NotBefore(), time.Minute)
		}
	}
}
