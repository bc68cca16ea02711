// Package greeting is what hosts and libraries agree on. Both import it.
package greeting

import (
	"context"
	"errors"
	"iter"
	"time"
)

//go:generate go run github.com/hotso/hotso/host/cmd/hotso gen

// A Greeter greets.
//
//hotso:contract
type Greeter interface {
	// Greet greets somebody. It fails with ErrNoName or a *TooMany.
	Greet(ctx context.Context, p Person) (Greeting, error)
	// History are the greetings so far, the oldest first.
	History(ctx context.Context) iter.Seq2[Greeting, error]
}

// ErrNoName: the person has no name.
var ErrNoName = errors.New("the name is empty")

// TooMany: somebody was greeted too often.
type TooMany struct {
	Name  string
	Limit int
}

func (e *TooMany) Error() string { return e.Name + " was greeted often enough" }

// A Person is somebody to greet.
type Person struct {
	Name   string            `json:"name"`
	Titles []string          `json:"titles,omitempty"`
	Born   *time.Time        `json:"born,omitempty"` // nil: who knows
	Notes  map[string]string `json:"notes,omitempty"`
}

// A Greeting is what was said.
type Greeting struct {
	Text string    `json:"text"`
	To   Person    `json:"to"`
	At   time.Time `json:"at"`
}
