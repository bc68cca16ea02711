// Command corner-shop has names that are hard: in its own name, in those of
// packages, of parameters, and in comments.
//
//hotso:package ./stock/v2
//hotso:header c/include
//hotso:client go/shop
package main

import (
	"io"
	"iter"

	"example.com/corner-shop/stock/v2"
)

func stock() {} // the exports need another name for the package

// price is what n of an item cost: see p*/x, and
//
//	price(1, item)
//
// An overlong line is broken, since clang-format does so with what is longer than a hundred and ten columns.
//
//hotso:export
func price(int int32, item item.Item) (cents Cents, err error) {
	return Cents(int) * Cents(item.Cents), nil
}

// Cents is money.
type Cents int64

//hotso:export Label
func title(class, namespace, ctx, c, unsafe, cabi string, _ []byte, größe float32) item.Label {
	return ""
}

//hotso:export cstring
func motto() item.Label { return "" }

//hotso:export
func split(n Cents, n_len []uint16, nn, result, out []Cents) (parts item.Sizes, err error) {
	return nil, nil
}

type Both = pair

// pair has a name that C and the client begin with a capital letter.
type pair struct {
	First, Second item.Item
}

//hotso:export Type
func kind(_ Both) (bool, error) { return false, nil }

func main() {}

// ledger is all that was ever sold, too much for one call.
//
//hotso:export
func ledger(day int32) (io.Reader, error) { return nil, nil }

//hotso:export
func receipts() iter.Seq2[[]byte, error] { return nil }

// browse is given functions, under names that the client needs itself.
//
//hotso:export
func browse(host string, release, hostHandle func(func_ item.Label, _ []Cents) (pair, error), err Done) (Both, error) {
	return Both{}, nil
}

// Done is called at the end.
type Done = finished

type finished func() error

// Type_ is not Type.
//
//hotso:export Type_
func kindOf(nil func(_func, x int8) error) bool { return false }
