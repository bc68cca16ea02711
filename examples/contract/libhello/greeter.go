package main

import (
	"context"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hotso/hotso/examples/contract/greeting"
)

// limit is how often one person is greeted.
const limit = 3

// NewGreeter returns a greeter that has greeted nobody.
func NewGreeter() (greeting.Greeter, error) { return &greeter{}, nil }

type greeter struct {
	mu   sync.Mutex
	said []greeting.Greeting
}

func (g *greeter) Greet(_ context.Context, p greeting.Person) (greeting.Greeting, error) {
	if p.Name == "" {
		return greeting.Greeting{}, greeting.ErrNoName
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	times := 0
	for _, s := range g.said {
		if s.To.Name == p.Name {
			times++
		}
	}
	if times >= limit {
		return greeting.Greeting{}, &greeting.TooMany{Name: p.Name, Limit: limit}
	}
	said := greeting.Greeting{Text: "Hello, " + strings.Join(append(slices.Clone(p.Titles), p.Name), " ") + "!", To: p, At: time.Now()}
	g.said = append(g.said, said)
	return said, nil
}

func (g *greeter) History(context.Context) iter.Seq2[greeting.Greeting, error] {
	g.mu.Lock()
	said := slices.Clone(g.said)
	g.mu.Unlock()
	return func(yield func(greeting.Greeting, error) bool) {
		for _, s := range said {
			if !yield(s, nil) {
				return
			}
		}
	}
}
