// Package shapes is a contract of tests: every type that crosses.
package shapes

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"math/big"
	"net/netip"
	"time"
)

//go:generate go run github.com/hotso/hotso/host/cmd/hotso gen

// A Watcher is the caller's.
type Watcher interface {
	Seen(ctx context.Context, n *Node) error
	Name() string
}

// Shapes has a method for each kind of signature.
//
//hotso:contract
type Shapes interface {
	// Echo returns what it gets.
	Echo(ctx context.Context, e Everything) (Everything, error)
	// EchoNode is Echo for values of a recursive type.
	EchoNode(n *Node) (*Node, error)
	// EchoLists is Echo for lists.
	EchoLists(l Lists) (Lists, error)
	// Many has several parameters, of which the last takes any number, and results.
	Many(a int, b string, c bool, rest ...Point) (int, string, []Point, error)
	// Length counts bytes, and keeps nothing.
	//
	//hotso:borrow
	Length(text string, b []byte, parts map[string]string) (int, error)
	// Plain can't fail, but a call of it can: then it panics.
	Plain(n int) int
	// Nothing does nothing.
	Nothing()
	// Fail fails as it is told.
	Fail(ctx context.Context, how string) (string, error)
	// Context tells what it sees of its context.
	Context(ctx context.Context, wait bool) (Seen, error)
	// Count counts, and fails at the end if it is told to.
	Count(ctx context.Context, n int, fail string) iter.Seq2[Point, error]
	// Walk calls visit for n points, as long as it says so, and returns how many it were.
	Walk(ctx context.Context, n int, visit func(ctx context.Context, p Point) (bool, error)) (int, error)
	// Tell tells the watcher of a node, on several goroutines at the same time, and asks its name.
	Tell(w Watcher, n *Node) (string, error)
	// Sum adds up points, twice if it is told to.
	Sum(points iter.Seq2[Point, error], twice bool) (Point, error)
	// Read returns n bytes, and then fails if it is told to.
	Read(ctx context.Context, n int, fail string) (io.ReadCloser, error)
	// Copy copies from to to.
	Copy(to io.Writer, from io.Reader) (int64, error)
	// Dial returns a connection that says what it is told, in capitals.
	Dial(ctx context.Context, greeting string) (Conn, error)
	// Talk tells c a line, and returns what it says until its end.
	Talk(c io.ReadWriteCloser, line string) (string, error)
	// Later came with the second version of the contract.
	//
	//hotso:since 2
	Later(a string) (string, error)
}

// A Conn is an object that is read and written.
type Conn interface {
	io.ReadWriteCloser
	// Pending is how many bytes can be read.
	Pending() (int, error)
}

// ErrSad and ErrLost are sentinels.
var (
	ErrSad  = errors.New("sad")
	ErrLost = errors.New("lost")
)

// A NotFound is an error with fields.
type NotFound struct {
	Name  string
	Where []string
	Cause error
}

func (e *NotFound) Error() string { return e.Name + " was not found" }

// Unwrap returns the cause.
func (e *NotFound) Unwrap() error { return e.Cause }

// A Code is an error that is a number.
type Code int

func (c Code) Error() string { return "code " + string(rune('0'+int(c)%10)) }

// A Secret is an error that arrives as text.
//
//hotso:text
type Secret struct{ hidden chan int }

func (s Secret) Error() string { return "secret" + string(rune('0'+cap(s.hidden))) }

// Seen is what Context saw.
type Seen struct {
	Deadline bool
	Left     time.Duration
	Trace    string
	Ended    error
}

// A Point is a struct of numbers.
type Point struct{ X, Y float64 }

// A Color is an enum.
type Color uint8

// The colors.
const (
	Red Color = iota
	Green
	Blue
)

// A Word is a text.
type Word string

// A Pair is generic.
type Pair[A, B any] struct {
	First  A
	Second B
}

// A Base is embedded.
type Base struct {
	ID   int64 `json:"id"`
	Note string
}

type inner struct{ Depth int }

// A Figure is a type with a set of types.
//
//hotso:types Point *Circle Word Squares
type Figure interface{ Area() float64 }

// Area is that of a figure.
func (p Point) Area() float64 { return 0 }

// A Circle is a Figure.
type Circle struct {
	Center Point
	Radius float64
	Around Figure
}

// Area is that of a figure.
func (c *Circle) Area() float64 { return 3 * c.Radius * c.Radius }

// Area is that of a figure.
func (w Word) Area() float64 { return float64(len(w)) }

// Squares is a Figure, too.
type Squares []float64

// Area is that of a figure.
func (s Squares) Area() float64 { return float64(len(s)) }

// A Value is any of these.
//
//hotso:types bool int string float64 []byte []Value map[string]Value time.Time Point
type Value any

// A Node is recursive.
type Node struct {
	Name     string
	Next     *Node
	Children []Node
	ByName   map[string]*Node
	Tree     Tree
}

// A Tree is recursive without a struct.
type Tree []Tree

// A Letter marshals itself.
type Letter struct{ text string }

// MarshalBinary implements encoding.BinaryMarshaler.
func (l Letter) MarshalBinary() ([]byte, error) {
	if l.text == "unsendable" {
		return nil, errors.New("this letter can't be sent")
	}
	return []byte("letter:" + l.text), nil
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler.
func (l *Letter) UnmarshalBinary(data []byte) error {
	if len(data) < 7 || string(data[:7]) != "letter:" {
		return errors.New("not a letter")
	}
	l.text = string(data[7:])
	return nil
}

// NewLetter returns a letter.
func NewLetter(text string) Letter { return Letter{text} }

// Everything has a field of every kind.
type Everything struct {
	Base
	inner
	Bool       bool
	Int        int
	Int8       int8
	Int16      int16
	Int32      int32
	Int64      int64
	Uint       uint
	Uint8      uint8
	Uint16     uint16
	Uint32     uint32
	Uint64     uint64
	Float32    float32
	Float64    float64
	Complex64  complex64
	Complex128 complex128
	Rune       rune
	String     string `json:"text,omitempty"`
	Bytes      []byte
	Raw        json.RawMessage
	Color      Color
	Word       Word
	Time       time.Time
	Duration   time.Duration
	Month      time.Month
	Point      Point
	Optional   *Point
	Number     *int64
	Far        **string
	Strings    []string
	Points     []Point
	Pointers   []*Point
	Matrix     [][]float64
	Array      [3]uint16
	Grid       [2][2]Word
	Map        map[string]string
	Maps       map[Color]map[int32][]Point
	ByPoint    map[Point]bool
	ByAddr     map[netip.Addr]int
	Addr       netip.Addr
	Prefix     netip.Prefix
	Big        big.Int
	BigPtr     *big.Int
	Letter     Letter
	Letters    []Letter
	Err        error
	Errs       []error
	Figure     Figure
	Figures    []Figure
	Value      Value
	Pair       Pair[int, string]
	Pairs      []Pair[Word, *Point]
	Empty      struct{}
	Skipped    chan int `hotso:"-"`
	Renamed    string   `hotso:"OldName"`
	hidden     string
}

// Hide sets what only this package can see.
func (e *Everything) Hide(s string, depth int) { e.hidden, e.Depth = s, depth }

// Lists are lists of everything that is small.
type Lists struct {
	Bools    []bool
	Int8s    []int8
	Uint16s  []uint16
	Floats   []float32
	Complex  []complex128
	Times    []time.Time
	Colors   []Color
	Empties  []struct{}
	Arrays   [][2]int8
	Nested   []map[string][]Word
	Deep     map[string]map[string]map[string][]*Pair[string, []int]
	Letters  map[string]Letter
	Nil, Non []int
}

func init() { contractCarry() }
