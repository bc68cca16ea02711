package schema_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hotso/hotso/host/internal/schema"
)

func TestSignature(t *testing.T) {
	for want, m := range map[string]schema.Method{
		"Close()": {Name: "Close"},
		"Greet(ctx context.Context, p Person) (Greeting, error)": {
			Name: "Greet", Context: true, Params: []schema.Param{{Name: "p", Type: "Person"}}, Results: []string{"Greeting"}, Error: true,
		},
		"Watch(f map[Color][2]*Person) iter.Seq2[Greeting, error]": {
			Name: "Watch", Params: []schema.Param{{Name: "f", Type: "map[Color][2]*Person"}}, Stream: "Greeting",
		},
		"A([]byte, a netip.Addr) Pair[int,*store.Item]": {
			Name: "A", Params: []schema.Param{{Type: "[]uint8"}, {Name: "a", Type: "net/netip.Addr"}}, Results: []string{"Pair[int,*example.com/store.Item]"},
		},
		"B() error": {Name: "B", Error: true},
		"Read(name string) (io.ReadCloser, error)": {
			Name: "Read", Params: []schema.Param{{Name: "name", Type: "string"}}, Stream: "[]uint8", Error: true,
		},
	} {
		assert.Equal(t, want, m.Signature())
	}
}
