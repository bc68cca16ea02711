//go:build linux && (amd64 || arm64)

package main

import (
	"fmt"
	"io"
)

// figures are RSS and PSS in KB, threads, descriptors, mappings.
type figures [5]float64

func (a answer) figures() figures {
	return figures{float64(a.RSS), float64(a.PSS), float64(a.Threads), float64(a.Descriptors), float64(a.Mappings)}
}

// per is what each library took that came between two answers.
func per(from, to answer) (f figures) {
	a, b := from.figures(), to.figures()
	for i := range f {
		f[i] = (b[i] - a[i]) / float64(to.Live-from.Live)
	}
	return f
}

func (f figures) over(g figures) (ratio figures) {
	for i := range f {
		ratio[i] = f[i] / g[i]
	}
	return ratio
}

func (f figures) row(w io.Writer, name string) {
	fmt.Fprint(w, name, "\t")
	for _, x := range f {
		digits := 2
		if x >= 100 {
			digits = 0
		}
		fmt.Fprintf(w, "%.*f\t", digits, x)
	}
	fmt.Fprintln(w)
}
