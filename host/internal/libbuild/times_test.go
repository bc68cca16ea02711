package libbuild

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// What go build tells of its actions is split into what comes one after the other.
func TestTimes(t *testing.T) {
	at := func(ms int) time.Time { return time.Unix(1000, 0).Add(time.Duration(ms) * time.Millisecond) }
	did := func(mode string, from, to, ran int) action {
		return action{mode, at(from), at(to), time.Duration(ran) * time.Millisecond}
	}
	var times Times
	times.split([]action{
		{Mode: "nop"}, // nothing was done for it
		did("build", 120, 300, 150),
		did("build", 100, 110, 0),
		did("cgo run", 110, 150, 40),
		did("cgo compile a.c", 140, 200, 60),
		did("cgo compile b.c", 250, 260, 10),
		did("cgo compile c.c", 260, 290, 0), // from the cache
		did("link", 300, 900, 600),
		did("link-install", 900, 950, 0),
	}, at(0), at(1000))
	assert.Equal(t, Times{
		Load: 100 * time.Millisecond, Compile: 200 * time.Millisecond, Cgo: 100 * time.Millisecond, Link: 700 * time.Millisecond,
	}, times)

	times = Times{}
	times.split(nil, at(0), at(1000))
	assert.Equal(t, Times{Load: time.Second}, times, "nothing is known")
}
