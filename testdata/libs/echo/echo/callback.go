package echo

import (
	"fmt"
	"sync/atomic"
	"time"
)

// Visit is called with a number.
type Visit func(i int32) (int64, error)

// Each calls visit n times, and sums up.
//
//hotso:export
func Each(n int32, visit Visit) (sum int64, err error) {
	for i := range n {
		v, err := visit(i)
		if err != nil {
			return sum, err
		}
		sum += v
	}
	return sum, nil
}

// Forms calls functions of every form.
//
//hotso:export
func Forms(name func() (Name, error), turn func(p Point, xs []float64) (Line, error),
	join func(c Celsius, data []byte, ok bool) ([]Celsius, error), done func() error,
) (string, error) {
	n, err := name()
	if err != nil {
		return "", err
	}
	l, err := turn(Point{1, 2}, []float64{3, 4})
	if err != nil {
		return "", err
	}
	j, err := join(1.5, []byte{0, 255}, true)
	if err != nil {
		return "", err
	}
	return fmt.Sprint(n, " ", l, " ", j), done()
}

// Forms2 calls functions that return only an error.
//
//hotso:export
func Forms2(one func(s string) error, two func(a int8, b uint64) error, three func(x, y, z float32) error) error {
	if err := one("a\x00ä"); err != nil {
		return err
	}
	if err := two(-1, 1<<63); err != nil {
		return err
	}
	return three(1, 2, 0.5)
}

// Parallel calls visit on n goroutines, at the same time.
//
//hotso:export
func Parallel(n int32, visit func(i int32) error) error {
	errs := make(chan error)
	for i := range n {
		go func() { errs <- visit(i) }()
	}
	var err error
	for range n {
		if e := <-errs; e != nil {
			err = e
		}
	}
	return err
}

var lastWords atomic.Value

// UntilItFails calls again until that fails, whether or not somebody waits.
//
//hotso:export
func UntilItFails(again func() error) error {
	for {
		if err := again(); err != nil {
			lastWords.Store(err.Error())
			return err
		}
		time.Sleep(time.Millisecond)
	}
}

// LastWords is how again failed.
//
//hotso:export
func LastWords() string {
	s, _ := lastWords.Load().(string)
	return s
}

var kept func(s string) error

// Keep keeps f beyond the call, which is wrong.
//
//hotso:export
func Keep(f func(s string) error) { kept = f }

// CallKept calls what Keep kept.
//
//hotso:export
func CallKept(s string) error { return kept(s) }
