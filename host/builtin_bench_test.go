package host_test

import (
	"testing"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// What a call costs in a library, and in the program itself.
func BenchmarkBuiltin(b *testing.B) {
	slots := map[string]*host.Slot{
		"builtin": host.NewSlot("greeter", host.Fallback(host.Builtin("1", map[string]any{
			"Add":       func(a, b int32) int32 { return a + b },
			"GreetName": func(name string) (string, error) { return "Hello, " + name, nil },
		}))),
		"library": newSlot(b, "greeter", []string{libtest.Greeter(b, "1")}),
	}
	b.Cleanup(func() { _, _ = slots["builtin"].Close(ctx) })
	for _, where := range []string{"library", "builtin"} {
		add := must(host.Func2[int32, int32, int32](slots[where], "Add"))(b)
		greet := must(host.Func1[string, string](slots[where], "GreetName"))(b)
		b.Run(where+"/Add", func(b *testing.B) {
			for b.Loop() {
				_, _ = add(ctx, 1, 2)
			}
		})
		b.Run(where+"/GreetName", func(b *testing.B) {
			for b.Loop() {
				_, _ = greet(ctx, "Ada")
			}
		})
	}
}
