package greeter

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestGreet(t *testing.T) {
	for version, want := range map[string]string{
		"":      "Hello, Golang!",
		"1":     "Hello, Golang!",
		"2":     "Hello, Golang! (v2)",
		"2.1.0": "Hello, Golang! (v2.1.0)",
	} {
		assert.Equal(t, want, Greeter{version}.Greet(), "version %q", version)
	}
}

func TestGreetOfTheLinker(t *testing.T) {
	greeting = "Moin, Golang!"
	defer func() { greeting = "" }()
	assert.Equal(t, "Moin, Golang!", Greeter{"3"}.Greet())
}

func TestName(t *testing.T) {
	s, err := Greeter{"1"}.Name("Ada")
	assert.NoError(t, err)
	assert.Equal(t, "Hello, Ada!", s)
	s, err = Greeter{"2"}.Name("Zoë\x00")
	assert.NoError(t, err)
	assert.Equal(t, "Hello, Zoë\x00! (v2)", s)
	_, err = Greeter{}.Name("")
	assert.ErrorIs(t, err, ErrNoName)
	_, err = Greeter{}.Name("\xff")
	assert.ErrorIs(t, err, ErrNotUTF8)
}

func TestAdd(t *testing.T) {
	assert.EqualValues(t, 42, Add(40, 2))
	assert.EqualValues(t, math.MinInt32, Add(math.MaxInt32, 1))
}
