package main

import (
	"math"
	"slices"
)

// median returns the middle of xs, or NaN if xs is empty.
func median(xs []float64) float64 {
	if len(xs) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(xs))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

// ratio returns the median of a[i]/b[i], where i is a round.
func ratio(a, b []float64) float64 {
	var xs []float64
	for i := range min(len(a), len(b)) {
		xs = append(xs, a[i]/b[i])
	}
	return median(xs)
}

func values(fs []Figure) []float64 {
	xs := make([]float64, len(fs))
	for i, f := range fs {
		xs[i] = f.Value
	}
	return xs
}

func allocs(fs []Figure) float64 {
	xs := make([]float64, len(fs))
	for i, f := range fs {
		xs[i] = f.Allocs
	}
	return median(xs)
}
