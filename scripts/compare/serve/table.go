package main

import "fmt"

func print(runs map[string][]run, seconds []second) {
	fmt.Println("| server | requests/s | p99 |")
	fmt.Println("|---|---|---|")
	for _, row := range []struct{ name, text string }{
		{"hotso", "`hotso serve`"}, {"plain", "net/http, the function in its process"}, {"grpc", "net/http before go-plugin over gRPC"},
	} {
		fmt.Printf("| %s | %.0f | %.2f ms |\n", row.text,
			medianOf(runs[row.name], func(r run) float64 { return r.Requests }), medianOf(runs[row.name], func(r run) float64 { return r.P99 }))
	}
	var swaps []float64
	for _, s := range seconds {
		swaps = append(swaps, s.swapped.P999/s.quiet.P999)
	}
	fmt.Println()
	fmt.Println("| ratio | median | goal |")
	fmt.Println("|---|---|---|")
	rate, p99 := func(r run) float64 { return r.Requests }, func(r run) float64 { return r.P99 }
	fmt.Printf("| requests/s, hotso to plain | %.2f | >= 0.85 |\n", ratio(runs["hotso"], runs["plain"], rate))
	fmt.Printf("| p99, hotso to plain | %.2f | <= 1.20 |\n", ratio(runs["hotso"], runs["plain"], p99))
	fmt.Printf("| requests/s, hotso to go-plugin | %.2f | >= 3.00 |\n", ratio(runs["hotso"], runs["grpc"], rate))
	fmt.Printf("| p99.9 of a second, with a swap in it to without | %.2f | <= 1.50 |\n", median(swaps))
}

func medianOf(runs []run, figure func(run) float64) float64 {
	list := make([]float64, len(runs))
	for i, r := range runs {
		list[i] = figure(r)
	}
	return median(list)
}

// ratio is the median of those of the rounds.
func ratio(a, b []run, figure func(run) float64) float64 {
	list := make([]float64, len(a))
	for i := range a {
		list[i] = figure(a[i]) / figure(b[i])
	}
	return median(list)
}
