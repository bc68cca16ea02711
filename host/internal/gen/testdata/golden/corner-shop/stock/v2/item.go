// Package item is not called like its directory.
package item

// Label is text.
type Label string

// Sizes are many.
type Sizes []Size

// Size is a number.
type Size uint16

type (
	// Item is what is sold.
	Item struct {
		Cents int32
		Size  Size
		Sold  bool
	}
)

// Find finds an item by its label.
//
//hotso:export
func Find(label Label) (Item, error) { return Item{}, nil }

// Ping does nothing.
//
//hotso:export Pong
func Ping() {}

// Measure returns the label.
//
//hotso:export
func Measure(label Label) (Label, error) { return label, nil }
