package echo

import "errors"

// Point is a point in the plane.
type Point struct{ X, Y float64 }

// Line is a struct of structs.
type Line struct {
	From, To Point
	Dashed   bool
}

// Scalars has a field of every type that a struct may have, in an order that
// needs padding.
type Scalars struct {
	A int8
	B int64
	C uint8
	D float32
	E bool
	F int16
	G uint64
	H uint16
	I Celsius
	J int32
	K uint32
}

//hotso:export
func Struct(v Scalars) Scalars { return v }

// Turn swaps the ends of a line.
//
//hotso:export
func Turn(l Line) Line { return Line{l.To, l.From, l.Dashed} }

// Middle is the point between two points. It fails if they are the same.
//
//hotso:export
func Middle(a, b Point) (Point, error) {
	if a == b {
		return Point{}, errors.New("one point")
	}
	return Point{(a.X + b.X) / 2, (a.Y + b.Y) / 2}, nil
}

// Inside counts the corners (x, y) that are between from and to.
//
//hotso:export
func Inside(from, to Point, xs, ys []float64) (int32, error) {
	if len(xs) != len(ys) {
		return 0, errors.New("not as many xs as ys")
	}
	n := int32(0)
	for i := range xs {
		if from.X <= xs[i] && xs[i] <= to.X && from.Y <= ys[i] && ys[i] <= to.Y {
			n++
		}
	}
	return n, nil
}
