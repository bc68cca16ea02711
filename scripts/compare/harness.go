package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"time"
)

// A race measures contenders against each other.
type race struct {
	built  *built
	rounds int
	budget time.Duration // of one measurement
}

// A row is what was measured of one contender: for each job, one figure per round; or
// why it could not be measured.
type row struct {
	Contender
	figures map[string][]Figure
	left    *Left
	err     error

	child *child
}

// A turn is one job of one contender.
type turn struct {
	*row
	job string
}

// run measures in rounds. In each, every contender does every job once, in a new random
// order, while all others are idle. So whatever changes on the machine meanwhile affects
// all of them alike, and figures of the same round can be divided by each other.
func (r race) run(ctx context.Context, list []Contender) ([]*row, error) {
	rows := make([]*row, len(list))
	for i, c := range list {
		rows[i] = &row{Contender: c, figures: map[string][]Figure{}}
		rows[i].err = r.missing(c)
		if rows[i].err == nil {
			rows[i].child, rows[i].err = startChild(r.built.programs[c.Cgo], r.order(c))
		}
	}
	defer func() {
		for _, w := range rows {
			if w.child != nil {
				w.child.stop()
			}
		}
	}()
	var turns []turn
	for _, w := range rows {
		for _, job := range w.jobs() {
			turns = append(turns, turn{w, job})
		}
	}
	for round := range r.rounds {
		fmt.Fprintf(os.Stderr, "\rround %d of %d ", round+1, r.rounds)
		rand.Shuffle(len(turns), func(i, j int) { turns[i], turns[j] = turns[j], turns[i] })
		for _, t := range turns {
			switch {
			case ctx.Err() != nil:
				return nil, context.Cause(ctx)
			case t.err != nil:
			case t.job == Load:
				r.fresh(t.row, Load)
			default:
				t.add(t.job, t.child)
			}
		}
	}
	fmt.Fprintln(os.Stderr, "\rleaks           ")
	for _, w := range rows {
		if w.err == nil && slices.Contains(w.jobs(), Load) && ctx.Err() == nil {
			r.fresh(w, Leak)
		}
	}
	return rows, context.Cause(ctx)
}

// missing says why a contender can't take part.
func (r race) missing(c Contender) error {
	for _, a := range c.needs() {
		if err := r.built.failed[a]; err != nil {
			return err
		}
	}
	return nil
}

func (r race) order(c Contender) order {
	return order{Contender: c.Name, Files: r.built.files, Budget: r.budget}
}

// fresh makes a new process do the job.
func (r race) fresh(w *row, job string) {
	child, err := startChild(r.built.programs[w.Cgo], r.order(w.Contender))
	if err != nil {
		w.err = err
		return
	}
	defer child.stop()
	w.add(job, child)
}

func (w *row) add(job string, c *child) {
	f, err := c.ask(job)
	switch {
	case err != nil:
		w.err = err
	case job == Leak:
		w.left = &f.Left
	default:
		w.figures[job] = append(w.figures[job], f)
	}
}
