package top

import (
	"fmt"
	"strings"
	"time"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

const nothing = "-" // where there is no figure

// count formats a number of calls, whole or a second, in at most five places.
func count(n float64) string {
	switch {
	case n == 0:
		return "0"
	case n < 9.95:
		return fmt.Sprintf("%.1f", n)
	case n < 9999.5:
		return fmt.Sprintf("%.0f", n)
	case n < 999.5e3:
		return fmt.Sprintf("%.3gk", n/1e3)
	case n < 999.5e6:
		return fmt.Sprintf("%.3gM", n/1e6)
	}
	return fmt.Sprintf("%.3gG", n/1e9)
}

// latency formats how long calls take, in at most seven places.
func latency(d time.Duration) string {
	of := func(n time.Duration, unit string) string {
		if v := float64(d) / float64(n); v < 9.95 {
			return fmt.Sprintf("%.1f %s", v, unit)
		} else {
			return fmt.Sprintf("%.0f %s", v, unit)
		}
	}
	switch {
	case d <= 0:
		return nothing
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d)
	case d < 999500*time.Nanosecond:
		return of(time.Microsecond, "µs")
	case d < 999500*time.Microsecond:
		return of(time.Millisecond, "ms")
	}
	return of(time.Second, "s")
}

// age formats how long ago something was.
func age(d time.Duration) string {
	switch {
	case d < time.Second:
		return "now"
	case d < time.Minute:
		return fmt.Sprintf("%.0fs", d.Truncate(time.Second).Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

// clock is the time of an event, or, if that is long ago, its day.
func clock(at, now time.Time) string {
	if now.Sub(at) > 20*time.Hour {
		return at.Local().Format(" Jan _2 ")
	}
	return at.Local().Format(time.TimeOnly)
}

// share is a version's percentage of the calls.
func share(v Version) string {
	if !answers(v.State) {
		return ""
	}
	return fmt.Sprintf("%.4g %%", v.Share)
}

// brief is a reason without what stands beside it anyway: the file, or which version crashed.
func brief(text, name, version, file string) string {
	if file != "" {
		text = strings.TrimPrefix(text, file+": ")
	}
	return strings.TrimPrefix(text, name+" v"+version+" crashed: ")
}

// happened is what is said of an event, or how long it took.
func happened(e server.Event) string {
	text := brief(e.Detail, e.Name, e.Version, e.File)
	switch {
	case text != "" || e.Took == 0:
		return text
	case e.State == host.Serving:
		return "loaded in " + latency(e.Took)
	}
	return "after " + latency(e.Took)
}

// plural is n of something.
func plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
