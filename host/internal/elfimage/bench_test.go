package elfimage

import "testing"

// A library of some 15 MB: it serves HTTP with templates.
var goBig = buildGo(gcc, "big.so", "-tags=big")

func BenchmarkParse(b *testing.B) {
	file := goBig.bytes(b)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(file); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGoFunc(b *testing.B) {
	s := parse(b, goBig.bytes(b))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := s.GoFunc("runtime.exit"); !ok {
			b.Fatal("not found")
		}
	}
}

func BenchmarkRedirectTLS(b *testing.B) {
	file := goBig.bytes(b)
	s := parse(b, file)
	b.ReportAllocs()
	for b.Loop() {
		if err := NewPatcher(s).RedirectTLS(toSlot); err != nil {
			b.Fatal(err)
		}
	}
}
