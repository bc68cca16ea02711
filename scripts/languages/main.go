// Command languages measures what libhotso costs programs in other languages: a prepared call of the
// greeter's Add, beside the plain call of the same library by dlopen and its header, which has no
// gate, no containment and no other version. Both are measured in one process, in turn, and the fastest of a hundred turns of
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

	fmt.Println("| language | plain call | prepared call | ratio | goal |")
	fmt.Println("|---|---|---|---|---|")
	for _, l := range languages {
		program, err := l.build(dir)
		if err != nil {
			return err
		}
		out, err := run(program, library, strconv.Itoa(*rounds))
		if err != nil {
			return err
		}
		m, err := read(out)
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		fmt.Printf("| %s | %.0f ns | %.0f ns | %.2f | %.2f |\n", l.name, m.plain, m.prepared, m.ratio, l.goal)
	}
	return nil
}

// A language is one row. Its program takes the library and the number of rounds, and prints a line of two
// numbers for each: nanoseconds of a plain and of a prepared call.
type language struct {
	name  string
	goal  float64                          // the ratio that we want at most
	build func(dir string) (string, error) // of the program, with libhotso in dir
}

var languages = []language{{"C", 1.6, buildC}}

func buildC(dir string) (string, error) {
	program := filepath.Join(dir, "add")
	_, err := run("cc", "-std=c11", "-O2", "-Iinclude", "-o", program, "scripts/languages/c/add.c",
		"-L"+dir, "-lhotso", "-Wl,-rpath,"+dir, "-ldl")
	return program, err
}

// A measurement has the medians of the rounds.
type measurement struct{ plain, prepared, ratio float64 }

// read reads what a program has printed.
func read(out string) (m measurement, err error) {
	var plain, prepared, ratios []float64
	for line := range strings.Lines(out) {
		var a, b float64
		if _, err := fmt.Sscan(line, &a, &b); err != nil || a <= 0 {
			return m, fmt.Errorf("line %q is not two numbers", line)
		}
		plain, prepared, ratios = append(plain, a), append(prepared, b), append(ratios, b/a)
	}
	if len(ratios) == 0 {
		return m, fmt.Errorf("no round was measured")
	}
	return measurement{median(plain), median(prepared), median(ratios)}, nil
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
