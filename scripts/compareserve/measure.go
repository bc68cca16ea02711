package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// A sample is one request.
type sample struct {
	at   time.Time
	took time.Duration
}

// attack asks a server as fast as that many connections can, and fails if an answer is not 200.
func attack(ctx context.Context, s *server, d time.Duration) ([]sample, error) {
	targets := vegeta.NewStaticTargeter(vegeta.Target{Method: http.MethodPost, URL: s.url, Body: []byte(`["Ada"]`)})
	attacker := vegeta.NewAttacker(vegeta.Workers(uint64(*conns)), vegeta.MaxWorkers(uint64(*conns)), vegeta.Connections(*conns), vegeta.MaxConnections(*conns))
	defer attacker.Stop()
	var all []sample
	for r := range attacker.Attack(targets, vegeta.Rate{}, d, s.name) {
		if r.Code != http.StatusOK {
			return nil, fmt.Errorf("%s: %d %s", s.name, r.Code, r.Error)
		}
		all = append(all, sample{r.Timestamp, r.Latency})
		s.answered++
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return all, nil
}

// A result is one round of one server.
type result struct{ rate, p50, p99 float64 } // requests a second, seconds

func resultOf(all []sample, d time.Duration) result {
	return result{float64(len(all)) / d.Seconds(), quantile(all, 0.5), quantile(all, 0.99)}
}

func quantile(all []sample, q float64) float64 {
	if len(all) == 0 {
		return 0
	}
	times := make([]time.Duration, len(all))
	for i, s := range all {
		times[i] = s.took
	}
	slices.Sort(times)
	return times[min(int(q*float64(len(times))), len(times)-1)].Seconds()
}

// race has the servers take turns, and prints the medians of all rounds. Ratios are those of rounds, so that
// what else the machine does meanwhile counts for all of them.
func race(ctx context.Context, all []*server) error {
	results := make([][]result, len(all))
	for round := range *rounds + 1 {
		for i := range all {
			i = (i + round) % len(all)
			samples, err := attack(ctx, all[i], *duration)
			if err != nil {
				return err
			}
			if round > 0 { // the first warms up
				results[i] = append(results[i], resultOf(samples, *duration))
			}
		}
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "server\trequests/s\tof net/http\tp50 ms\tp99 ms\tp99 of net/http's\t")
	for i, s := range all {
		fmt.Fprintf(w, "%s\t%.0f\t%.2f\t%.2f\t%.2f\t%.2f\t\n", s.name,
			median(results[i], func(r, _ result) float64 { return r.rate }, results[0]),
			median(results[i], func(r, plain result) float64 { return r.rate / plain.rate }, results[0]),
			median(results[i], func(r, _ result) float64 { return r.p50 * 1e3 }, results[0]),
			median(results[i], func(r, _ result) float64 { return r.p99 * 1e3 }, results[0]),
			median(results[i], func(r, plain result) float64 { return r.p99 / plain.p99 }, results[0]))
	}
	_ = w.Flush()
	fmt.Printf("\nhotso serve has %.2f of the requests/s of go-plugin (median of %d rounds)\n",
		median(results[1], func(r, other result) float64 { return r.rate / other.rate }, results[2]), *rounds)
	return nil
}

// median is that of what f says of the rounds of one server, beside those of another.
func median(of []result, f func(r, other result) float64, others []result) float64 {
	values := make([]float64, len(of))
	for i, r := range of {
		values[i] = f(r, others[i])
	}
	return middle(values)
}

func middle[T cmp.Ordered](values []T) (m T) {
	if len(values) == 0 {
		return m
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// underSwaps deploys a version every other second, and compares the slowest in a thousand of the seconds that had a
// swap with those of the others.
func underSwaps(ctx context.Context, s *server, deploy func(version int) error) error {
	var deployed []time.Time
	failed := make(chan error, 1)
	go func() {
		for version := 2; version <= *swaps+1; version++ {
			time.Sleep(2 * time.Second)
			deployed = append(deployed, time.Now())
			if err := deploy(version); err != nil {
				failed <- err
				return
			}
		}
		failed <- nil
	}()
	samples, err := attack(ctx, s, time.Duration(*swaps+1)*2*time.Second)
	if err := cmp.Or(err, <-failed); err != nil {
		return err
	}
	begin := samples[0].at
	seconds := map[int][]sample{}
	for _, x := range samples {
		second := int(x.at.Sub(begin) / time.Second)
		seconds[second] = append(seconds[second], x)
	}
	swapped := map[int]bool{}
	for _, at := range deployed { // it serves a tenth of a second later
		swapped[int(at.Add(100*time.Millisecond).Sub(begin)/time.Second)] = true
	}
	var during, quiet []float64
	for second, in := range seconds {
		p := quantile(in, 0.999)
		switch {
		case second == 0 || len(in) < 100: // it warms up, or is cut off
		case swapped[second]:
			during = append(during, p)
		default:
			quiet = append(quiet, p)
		}
	}
	a, b := middle(during), middle(quiet)
	fmt.Printf("p99.9 of a second: %.2f ms with a swap (%d of them), %.2f ms without (%d): %.2f times\n",
		a*1e3, len(during), b*1e3, len(quiet), a/b)
	return nil
}
