package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// results are what the page gets.
type results struct {
	tables map[string]string
	charts map[string]chart
}

func simulate() results {
	r := results{map[string]string{}, map[string]chart{}}
	for _, do := range []func(*results){atRest, atStart, atMove, inRollout, afterOutage, atLimit, canaries} {
		do(&r)
	}
	return r
}

// table is one of Markdown.
func table(head string, rows ...[]string) string {
	columns := strings.Split(head, "|")
	var b strings.Builder
	line := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	line(columns)
	line(slices.Repeat([]string{"---"}, len(columns)))
	for _, r := range rows {
		line(r)
	}
	return b.String()
}

func text(format string, args ...any) string { return fmt.Sprintf(format, args...) }

func seconds(d time.Duration) string {
	if d >= 2*time.Minute {
		return text("%.1f min", d.Minutes())
	}
	return text("%.1f s", d.Seconds())
}

func atRest(r *results) {
	var rows [][]string
	for _, interval := range []time.Duration{5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute} {
		s := usual()
		s.interval = interval
		is := rest(s)
		rows = append(rows, []string{text("%v", interval), text("%.0f", is.mean), text("%d", is.peak), text("%.2f", is.mean*interval.Seconds()/float64(s.hosts))})
	}
	r.tables["rest"] = table("`--poll`|requests per second, mean|most in a second|per host and interval", rows...)
}

// points are requests per second.
func points(slots []slot, from float64, width int) (list [][2]float64) {
	for i := 0; i+width <= len(slots); i += width {
		n := 0
		for _, s := range slots[i : i+width] {
			n += s.all()
		}
		list = append(list, [2]float64{from + float64(i), float64(n) / float64(width)})
	}
	return list
}

func atStart(r *results) {
	sim := start(usual())
	row := func(when string, from, to time.Duration) []string {
		is := rateOf(sim.between(from, to))
		return []string{when, text("%.0f", is.mean), text("%d", is.peak)}
	}
	r.tables["start"] = table("after the start|requests per second, mean|most in a second",
		row("the first second", 0, time.Second), row("1 s to 15 s", time.Second, 15*time.Second), row("15 s to 1 min", 15*time.Second, time.Minute), row("5 min to 10 min", 5*time.Minute, 10*time.Minute))
	r.charts["start"] = chart{title: "Requests per second after 10,000 hosts began in the same second", x: "seconds since the start", y: "requests per second",
		series: []series{{"", points(sim.between(0, 90*time.Second), 0, 1)}}}
}

// links are what a registry may send by.
var links = []struct {
	name  string
	bytes float64
}{{"1 Gbit/s", gigabit}, {"10 Gbit/s", 10 * gigabit}, {"100 Gbit/s", 100 * gigabit}}

func atMove(r *results) {
	var rows [][]string
	c := chart{title: "Share of the hosts with the version after the tag moved, by the registry's link", x: "seconds since the tag moved", y: "percent of the hosts"}
	for _, l := range links {
		s := usual()
		s.bandwidth = l.bytes
		m := move(s)
		all := m.after(1)
		is := rateOf(m.between(m.moved, m.moved+max(all, s.interval)))
		rows = append(rows, []string{l.name, seconds(m.after(0.5)), seconds(m.after(0.99)), seconds(all), text("%d", is.peak), text("%.0f GB", m.sent/1e9)})
		const shown = 180 // seconds
		line := [][2]float64{{0, 0}}
		for i := 100; i <= len(m.reached); i += 100 {
			if at := (m.reached[i-1] - m.moved).Seconds(); at <= shown {
				line = append(line, [2]float64{at, 100 * float64(i) / float64(s.hosts)})
			}
		}
		line = append(line, [2]float64{shown, line[len(line)-1][1]})
		c.series = append(c.series, series{l.name, line})
	}
	r.tables["move"] = table("the registry sends|half of the hosts after|99 %|all|most requests in a second|bytes", rows...)
	r.charts["move"] = c
}

func inRollout(r *results) {
	var rows [][]string
	for _, l := range links[:2] {
		s := usual()
		s.bandwidth = l.bytes
		sim, c := rollOut(s)
		for _, step := range c.steps {
			begin := settle + step.began
			decision := rateOf(sim.between(begin, begin+s.interval))
			rows = append(rows, []string{l.name, text("%g %%", step.percent), text("%d", step.hosts), seconds(step.began), seconds(step.all), text("%d", decision.peak)})
		}
		rows = append(rows, []string{l.name, "done", text("%d", s.hosts), seconds(c.done), "", text("%d", rateOf(sim.between(settle+c.done, settle+c.done+s.interval)).peak)})
		if l.bytes == 10*gigabit {
			line := [][2]float64{{0, 0}}
			slices.Sort(sim.reached)
			for i, at := range sim.reached {
				if i%50 == 0 || i == len(sim.reached)-1 || at-sim.reached[i-1] > time.Minute {
					minute := (at - settle).Minutes()
					line = append(line, [2]float64{minute, line[len(line)-1][1]}, [2]float64{minute, float64(i + 1)})
				}
			}
			line = append(line, [2]float64{c.done.Minutes(), float64(s.hosts)})
			r.charts["rollout"] = chart{title: "Hosts with the version during a rollout", x: "minutes since hotso rollout start", y: "hosts with the version", series: []series{{"", line}}}
		}
	}
	r.tables["rollout"] = table("the registry sends|step|hosts|begins after|until all of them have it|most requests in a second", rows...)
}

func afterOutage(r *results) {
	sim := outage(usual())
	back := sim.away[1]
	row := func(when string, from, to time.Duration) []string {
		is := rateOf(sim.between(from, to))
		return []string{when, text("%.0f", is.mean), text("%d", is.peak)}
	}
	r.tables["outage"] = table("when|requests per second, mean|most in a second",
		row("before", settle-time.Minute, settle), row("the first minute of the outage", settle, settle+time.Minute), row("its last 5 minutes", back-5*time.Minute, back),
		row("the first 2 minutes after it", back, back+2*time.Minute), row("later", back+5*time.Minute, back+10*time.Minute))
	from := settle - 2*time.Minute
	r.charts["outage"] = chart{title: "Requests per second before, during and after an outage of 10 minutes", x: "seconds since the begin of the outage", y: "requests per second, in 5 s",
		series: []series{{"", points(sim.between(from, back+5*time.Minute), -120, 5)}}}
}

func atLimit(r *results) {
	var rows [][]string
	for _, limit := range []float64{600, 300, 100} {
		m := limited(usual(), limit)
		is := rateOf(m.between(2*settle, 4*settle))
		rows = append(rows, []string{text("%.0f", limit), text("%.0f", is.mean), text("%d", is.peak), text("%.0f %%", 100*is.refused), seconds(m.after(0.5)), seconds(m.after(1))})
	}
	r.tables["limit"] = table("answers per second|requests per second, mean|most in a second|refused|half of the hosts have a moved tag's version after|all", rows...)
}

func canaries(r *results) {
	all := shares(10_000, 1000, 1)
	slices.Sort(all)
	counts := map[int]int{}
	for _, n := range all {
		counts[n]++
	}
	var line [][2]float64
	for n := all[0]; n <= all[len(all)-1]; n++ {
		line = append(line, [2]float64{float64(n), float64(counts[n])})
	}
	r.charts["canaries"] = chart{title: "How many of 10,000 hosts are in the step of 1 %, for 1,000 versions", x: "hosts in the step of 1 %", y: "versions", bars: true, series: []series{{"", line}}}
	var rows [][]string
	for _, hosts := range []int{10_000, 1000, 150, 50} {
		some := all
		if hosts != 10_000 {
			some = shares(hosts, 1000, 1)
			slices.Sort(some)
		}
		none, mean := 0, 0
		for _, n := range some {
			if mean += n; n == 0 {
				none++
			}
		}
		rows = append(rows, []string{text("%d", hosts), text("%.1f", float64(mean)/1000), text("%d", some[0]), text("%d to %d", some[25], some[974]), text("%d", some[999]), text("%.1f %%", float64(none)/10)})
	}
	r.tables["canaries"] = table("hosts|in the step, mean|fewest|19 of 20 versions|most|none at all", rows...)
}
