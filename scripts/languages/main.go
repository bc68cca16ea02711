// Command languages measures what libhotso costs programs in other languages: a prepared call of the
// greeter's Add, beside the plain call of the same library by dlopen and its header, which has no
// gate, no containment and no other version. Both are measured in one process, in turn (Node: in processes in turn), and the fastest of a hundred turns of
// 10,000 calls counts for a round; the ratio is the median of those of the rounds. From the module's directory:
//
//	go run ./scripts/languages [-rounds 20]
//
// It wants the machine for itself, Go, and a C compiler.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

func main() {
	if err := start(); err != nil {
		fmt.Fprintln(os.Stderr, "languages:", err)
		os.Exit(1)
	}
}

func start() error {
	rounds := flag.Int("rounds", 20, "how often both are measured")
	flag.Parse()
	dir, err := os.MkdirTemp("", "hotso-languages-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if _, err := run("libhotso/build.sh", dir); err != nil {
		return err
	}
	if _, err := run("go", "run", "./host/cmd/hotso", "build", "./libgreeter", "--version", "1", "-o", dir); err != nil {
		return err
	}
	library := filepath.Join(dir, "libgreeter.v1.so")

	absolute, err := filepath.Abs(".")
	if err != nil {
		return err
	}
	fmt.Println("| language | plain call | prepared call | ratio | goal |")
	fmt.Println("|---|---|---|---|---|")
	for _, l := range languages {
		if why := l.missing(); why != "" {
			fmt.Printf("| %s | skipped: %s | | | %.2f |\n", l.name, why, l.goal)
			continue
		}
		out, err := l.run(build{dir, absolute}, library, *rounds)
		if err != nil {
			return err
		}
		rows, err := read(out, len(l.ways)+1)
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		for i, m := range rows {
			name := l.name
			if i > 0 {
				name += ", " + l.ways[i-1]
			}
			fmt.Printf("| %s | %.0f ns | %.0f ns | %.2f | %.2f |\n", name, m.plain, m.prepared, m.ratio, l.goal)
		}
	}
	return nil
}

// A measurement has the medians of the rounds.
type measurement struct{ plain, prepared, ratio float64 }

// read reads what a program has printed, for so many ways of a prepared call.
func read(out string, ways int) ([]measurement, error) {
	times := make([][]float64, ways+1) // first those of the plain call
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) != len(times) {
			return nil, fmt.Errorf("line %q is not %d numbers", line, len(times))
		}
		for i, field := range fields {
			t, err := strconv.ParseFloat(field, 64)
			if err != nil || !(t > 0) {
				return nil, fmt.Errorf("line %q is not %d times", line, len(times))
			}
			times[i] = append(times[i], t)
		}
	}
	if len(times[0]) == 0 {
		return nil, fmt.Errorf("no round was measured")
	}
	rows := make([]measurement, ways)
	for i := range rows {
		prepared := times[i+1]
		ratios := make([]float64, len(prepared))
		for j := range prepared {
			ratios[j] = prepared[j] / times[0][j]
		}
		rows[i] = measurement{median(times[0]), median(prepared), median(ratios)}
	}
	return rows, nil
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return (list[(len(list)-1)/2] + list[len(list)/2]) / 2
}

func run(command string, args ...string) (string, error) {
	var out, errs strings.Builder
	cmd := exec.Command(command, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", command, strings.Join(args, " "), err, errs.String())
	}
	return out.String(), nil
}
