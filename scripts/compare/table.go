package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A place is where and when it was measured.
type place struct {
	Time         time.Time
	CPU          string
	Cores        int
	Go, OS, Arch string
	Rounds       int
}

func here(rounds int) place {
	return place{time.Now(), cpu(), runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, rounds}
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

func (p place) String() string {
	return fmt.Sprintf("%s, %s, %d cores, %s %s/%s, %d rounds",
		p.Time.Format(time.DateOnly), p.CPU, p.Cores, p.Go, p.OS, p.Arch, p.Rounds)
}

// writeTable prints the rows as Markdown: a table of the greeter's jobs, and one of the job
// order. "hotso is" divides hotso's figures by the contender's, within each round.
func writeTable(out io.Writer, p place, rows []*row) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s. Medians.\n\n", p)
	b.WriteString("| contender | add ns | greet ns | 64 KiB µs | hotso is | allocs " +
		"| 8 goroutines | load ms | left per load: KiB RSS / threads / maps / fds |\n")
	b.WriteString("|---|--:|--:|--:|---|---|--:|--:|---|\n")
	var hotso *row
	for _, w := range rows {
		if w.Name == hotsoName {
			hotso = w
		}
	}
	for _, w := range rows {
		if w.err != nil || len(w.figures[Add]) == 0 {
			continue
		}
		name := w.Name
		if w == hotso {
			name = "**" + name + "**"
		}
		cells := []string{name}
		var times, objects []string
		for _, job := range []struct {
			name string
			unit float64
		}{{Add, 1}, {Greet, 1}, {Bytes, 1000}} {
			fs := w.figures[job.name]
			if hotso != nil && w != hotso {
				times = append(times, multiple(ratio(values(hotso.figures[job.name]), values(fs))))
			}
			cells = append(cells, number(median(values(fs))/job.unit))
			objects = append(objects, number(allocs(fs)))
		}
		if times == nil {
			times = []string{"-"}
		}
		cells = append(cells, strings.Join(times, " / "), strings.Join(objects, " / "), multiple(median(values(w.figures[Scaling]))), number(median(values(w.figures[Load]))/1e6), w.leftovers())
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
	}
	writeOrders(&b, rows)
	for _, w := range rows {
		if w.err != nil {
			fmt.Fprintf(&b, "\nNot measured: %s: %s\n", w.Name, firstLine(w.err))
		}
	}
	_, err := b.WriteTo(out)
	return err
}

// writeOrders prints the rows of the job order, if there are any, the fastest first.
func writeOrders(b *bytes.Buffer, rows []*row) {
	var contract *row
	var shown []*row
	for _, w := range rows {
		if w.err == nil && len(w.figures[Order]) > 0 {
			shown = append(shown, w)
		}
		if w.Name == contractName {
			contract = w
		}
	}
	if len(shown) == 0 {
		return
	}
	slices.SortStableFunc(shown, func(a, b *row) int {
		return cmp.Compare(median(values(a.figures[Order])), median(values(b.figures[Order])))
	})
	b.WriteString("\n| an order, carried by | order µs | the contract is | allocs |\n|---|--:|--:|--:|\n")
	for _, w := range shown {
		fs := w.figures[Order]
		name, times := w.Name, "-"
		switch {
		case w == contract:
			name = "**" + name + "**"
		case contract != nil:
			times = multiple(ratio(values(contract.figures[Order]), values(fs)))
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", name, number(median(values(fs))/1000), times, number(allocs(fs)))
	}
}

func (w *row) leftovers() string {
	if w.left == nil {
		return "-"
	}
	l := w.left
	text := fmt.Sprintf("%s / %s / %s / %s", number(l.RSS), number(l.Threads), number(l.Maps), number(l.FDs))
	if w.Process {
		text += " (in the host)"
	}
	return text
}

// number writes x with three significant digits, or more if its integer part has more.
func number(x float64) string {
	switch a := math.Abs(x); {
	case math.IsNaN(x):
		return "-"
	case a < 0.005:
		return "0"
	case a < 10:
		return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", x), "0"), ".")
	case a < 100:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", x), ".0")
	}
	return thousands(fmt.Sprintf("%.0f", x))
}

func multiple(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	if x < 0.01 {
		return "<0.01x"
	}
	return fmt.Sprintf("%.2fx", x)
}

// thousands groups the digits of an integer: 28,760.
func thousands(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
