//go:build unix

package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/hotso/hotso/host"
)

// A view shows what happens: a line for each event and, on a terminal, one line below
// them that is rewritten in place, with the calls of the last moment.
type view struct {
	begin    time.Time
	terminal bool

	mu   sync.Mutex
	live string // the line that is rewritten

	stop    chan struct{}
	stopped sync.WaitGroup
	once    sync.Once
}

func newView() *view {
	return &view{
		begin: time.Now(), stop: make(chan struct{}),
		terminal: term.IsTerminal(int(os.Stdout.Fd())) && os.Getenv("TERM") != "dumb",
	}
}

func (v *view) say(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.clear()
	fmt.Printf("%5.1f s  %s\n", time.Since(v.begin).Seconds(), fmt.Sprintf(format, args...))
	fmt.Print(v.live)
}

// event shows an event if it matters to somebody who sees the demo for the first time.
func (v *view) event(e host.Event) {
	switch e.State {
	case host.Serving:
		v.say("v%s serves, loaded in %d ms", e.Version, e.Took.Milliseconds())
	case host.Refused, host.Failed, host.Crashed, host.Quarantined, host.Resident, host.Unloaded:
		v.say("v%s %s%s", e.Version, e.State, detail(e.Detail))
	}
}

func detail(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	if _, reason, ok := strings.Cut(text, ".so: "); ok {
		text = reason // without the directory, which does not matter here
	}
	if text == "" {
		return ""
	}
	return ": " + text
}

// window is how long the live line looks back.
const window = 200 * time.Millisecond

// watch draws the live line until close.
func (v *view) watch(l *load) {
	if !v.terminal {
		return
	}
	v.stopped.Go(func() {
		tick := time.NewTicker(window)
		defer tick.Stop()
		var old1, old2 int
		for {
			select {
			case <-v.stop:
				return
			case <-tick.C:
			}
			v1, v2, failed := l.counts()
			n1, n2 := v1-old1, v2-old2
			old1, old2 = v1, v2
			v.draw(fmt.Sprintf("%7.0f calls/s   v1 %s  v2 %s   %d failed",
				float64(n1+n2)/window.Seconds(), bar(n1, n1+n2), bar(n2, n1+n2), failed))
		}
	})
}

const barWidth = 16

func bar(n, of int) string {
	full := 0
	if of > 0 {
		full = (n*barWidth + of - 1) / of // rounded up, so that a single answer shows
	}
	return strings.Repeat("█", full) + strings.Repeat("░", barWidth-full)
}

func (v *view) draw(line string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.clear()
	v.live = line
	fmt.Print(line)
}

func (v *view) clear() {
	if v.live != "" {
		fmt.Print("\r\x1b[K")
	}
}

// close removes the live line. It may be called again.
func (v *view) close() {
	v.once.Do(func() {
		close(v.stop)
		v.stopped.Wait()
		v.draw("")
	})
}

func summary(w io.Writer, l *load, swap time.Duration, versions []host.VersionInfo) {
	v1, v2, failed := l.counts()
	fmt.Fprintf(w, "\ncalls   %d, of %d callers\nfailed  %d\nswap    %d ms from the file to the first answer\n\n",
		v1+v2+failed, callers, failed, swap.Milliseconds())
	answers := map[string]int{"1": v1, "2": v2}
	fmt.Fprintf(w, "version  state     answers  why\n")
	slices.SortFunc(versions, func(a, b host.VersionInfo) int { return strings.Compare(a.Version, b.Version) })
	for _, v := range versions {
		why := strings.TrimPrefix(detail(v.Reason), ": verify: ")
		why, _, _ = strings.Cut(why, ": ") // the rest was shown
		line := fmt.Sprintf("%-8s %-9s %7d  %s", v.Version, v.State, answers[v.Version], why)
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}
