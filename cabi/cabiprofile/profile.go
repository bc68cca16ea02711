//go:build cgo

package cabiprofile

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hotso/hotso/cabi"
)

func init() { cabi.OnDebug("pprof", write) }

// write writes the profile that a name like heap?gc=1 asks for. Names, parameters and defaults are those of
// net/http/pprof, but for delta profiles: go tool pprof -base subtracts as well.
func write(ctx context.Context, w io.Writer, asked string) error {
	name, query, _ := strings.Cut(asked, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return fmt.Errorf("%q: %w", asked, err)
	}
	switch name {
	case "":
		return list(w)
	case "profile":
		return during(ctx, values, 30, func() error { return pprof.StartCPUProfile(w) }, pprof.StopCPUProfile)
	case "trace":
		return during(ctx, values, 1, func() error { return trace.Start(w) }, trace.Stop)
	}
	p := pprof.Lookup(name)
	if p == nil {
		return fmt.Errorf("profile %q: %w", name, fs.ErrNotExist)
	}
	debug, err := number(values, "debug", 0)
	if err != nil {
		return err
	}
	gc, err := number(values, "gc", 0)
	if err != nil {
		return err
	}
	if name == "heap" && gc > 0 {
		runtime.GC()
	}
	return p.WriteTo(w, int(debug))
}

// list writes the names that there are, one a line.
func list(w io.Writer) error {
	names := []string{"profile", "trace"}
	for _, p := range pprof.Profiles() {
		names = append(names, p.Name())
	}
	slices.Sort(names)
	_, err := fmt.Fprintln(w, strings.Join(names, "\n"))
	return err
}

// during lets the seconds that are asked for pass between start and stop.
func during(ctx context.Context, values url.Values, usual float64, start func() error, stop func()) error {
	seconds, err := number(values, "seconds", usual)
	if err != nil {
		return err
	}
	if err := start(); err != nil {
		return err
	}
	defer stop()
	select {
	case <-time.After(time.Duration(seconds * float64(time.Second))):
	case <-ctx.Done():
	}
	return ctx.Err()
}

func number(values url.Values, name string, usual float64) (float64, error) {
	text := values.Get(name)
	if text == "" {
		return usual, nil
	}
	const most = 1e6 // seconds of eleven days
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(0 <= n && n <= most) {
		return 0, fmt.Errorf("%s=%q is no number from 0 to %.0f", name, text, most)
	}
	return n, nil
}
