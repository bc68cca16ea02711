package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A place is where and when it was measured.
type place struct {
	Time  time.Time `json:"time"`
	CPU   string    `json:"cpu"`
	Cores int       `json:"cores"`
	Go    string    `json:"go"`
	Edits int       `json:"edits"`
}

func here(edits int) place {
	return place{time.Now(), cpu(), runtime.NumCPU(), runtime.Version(), edits}
}

// cpu is the processor's name as Linux has it.
func cpu() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range bytes.Lines(info) {
		if name, value, ok := strings.Cut(string(line), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// A row is what is told of a tool.
type row struct {
	Name    string          `json:"name"`
	Note    string          `json:"note,omitempty"`
	Median  time.Duration   `json:"median"` // nanoseconds from the save to the first new answer
	P90     time.Duration   `json:"p90"`
	HotsoIs float64         `json:"hotso_is"` // median of hotso's time divided by this one's, edit by edit; 0: not known
	Refused int             `json:"refused"`  // connections
	Failed  int             `json:"failed"`   // requests, otherwise
	Asked   int             `json:"asked"`
	Kept    int             `json:"kept"` // edits after which the state was still there
	Lost    int             `json:"lost"` // edits that no answer came after
	Edits   int             `json:"edits"`
	Times   []time.Duration `json:"times"`
}

func rowsOf(racers []*racer) (rows []row) {
	var hotso []time.Duration
	for _, r := range racers {
		if r.name == hotsoName {
			hotso = r.Took
		}
	}
	for _, r := range racers {
		known := slices.DeleteFunc(slices.Clone(r.Took), func(d time.Duration) bool { return d == 0 })
		w := row{Name: r.name, Note: r.note, Median: quantile(known, 0.5), P90: quantile(known, 0.9),
			Refused: r.Refused, Failed: r.Failed, Asked: r.Asked, Kept: r.Kept, Edits: len(r.Took), Lost: len(r.Took) - len(known), Times: r.Took}
		var ratios []float64
		for i := range min(len(hotso), len(r.Took)) {
			if hotso[i] > 0 && r.Took[i] > 0 {
				ratios = append(ratios, float64(hotso[i])/float64(r.Took[i]))
			}
		}
		if len(ratios) > 0 {
			w.HotsoIs = quantile(ratios, 0.5)
		}
		rows = append(rows, w)
	}
	return rows
}

// quantile is the smallest of the values that q of them do not exceed (nearest rank).
func quantile[T cmp.Ordered](values []T, q float64) (v T) {
	if len(values) == 0 {
		return v
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := int(q*float64(len(sorted)) + 0.999999)
	return sorted[min(max(rank, 1), len(sorted))-1]
}

func writeTable(out io.Writer, p place, rows []row) {
	fmt.Fprintf(out, "%s, %s, %d cores, %s, %d edits of each, in turn.\n\n", p.Time.Format(time.DateOnly), p.CPU, p.Cores, p.Go, p.Edits)
	fmt.Fprintln(out, "| tool | median | p90 | hotso is | connections refused | requests failed | edits lost | state kept |")
	fmt.Fprintln(out, "|---|--:|--:|--:|--:|--:|--:|--:|")
	for _, w := range rows {
		name, ratio := w.Name, ""
		if w.Note != "" {
			name += ", " + w.Note
		}
		if w.HotsoIs > 0 && w.Name != hotsoName {
			ratio = fmt.Sprintf("%.2f", w.HotsoIs)
		}
		fmt.Fprintf(out, "| %s | %.2f s | %.2f s | %s | %d of %d | %d | %d | %d of %d |\n", name,
			w.Median.Seconds(), w.P90.Seconds(), ratio, w.Refused, w.Asked, w.Failed, w.Lost, w.Kept, w.Edits)
	}
}
