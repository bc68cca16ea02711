//go:build linux && (amd64 || arm64)

package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
)

// A Report is what was counted.
type Report struct {
	Go    string `json:"go"`
	Arch  string `json:"arch"`
	Calls int    `json:"calls"` // of each function
	Add   Count  `json:"add"`
	Greet Count  `json:"greet"`
}

// A Count is the instructions of one call, the one in the middle of all.
type Count struct {
	Total     int          `json:"total"`
	Least     int          `json:"least"`
	Most      int          `json:"most"`
	Same      int          `json:"same"` // calls that took exactly as many
	Functions []inFunction `json:"functions"`
}

type inFunction struct {
	place
	Instructions int `json:"instructions"`
}

func newReport(calls int, where *lookup, adds, greets []trace) *Report {
	return &Report{runtime.Version(), runtime.GOARCH, calls, newCount(where, adds), newCount(where, greets)}
}

func newCount(where *lookup, all []trace) Count {
	slices.SortStableFunc(all, func(a, b trace) int { return cmp.Compare(a.total(), b.total()) })
	median := all[len(all)/2]
	c := Count{Total: median.total(), Least: all[0].total(), Most: all[len(all)-1].total()}
	for _, t := range all {
		if t.total() == c.Total {
			c.Same++
		}
	}
	in := map[place]int{}
	for pc, times := range median {
		in[where.find(pc)] += times
	}
	for p, n := range in {
		c.Functions = append(c.Functions, inFunction{p, n})
	}
	slices.SortFunc(c.Functions, func(a, b inFunction) int {
		return cmp.Or(cmp.Compare(b.Instructions, a.Instructions), cmp.Compare(a.Function, b.Function))
	})
	return c
}

func readReport(path string) (*Report, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &Report{}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if r.Add.Total == 0 || r.Greet.Total == 0 {
		return nil, fmt.Errorf("%s has no counts: write it with --json", path)
	}
	if r.Arch != runtime.GOARCH {
		return nil, fmt.Errorf("%s was counted on %s, this is %s", path, r.Arch, runtime.GOARCH)
	}
	return r, nil
}

func (r *Report) write(path string) error {
	data, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o666)
}

// compare is an error if a call takes over 1 % more than before.
func (r *Report) compare(before *Report) (err error) {
	for _, c := range []struct {
		name     string
		now, was int
	}{{"an add", r.Add.Total, before.Add.Total}, {"a greet", r.Greet.Total, before.Greet.Total}} {
		if (c.now-c.was)*100 > c.was {
			err = errors.Join(err, fmt.Errorf("%s takes %.1f %% more instructions than before: %d instead of %d",
				c.name, 100*float64(c.now-c.was)/float64(c.was), c.now, c.was))
		}
	}
	return err
}
