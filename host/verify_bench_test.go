package host_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// BenchmarkInspect reads and judges a file, as a swap does before it loads.
// The file is in the page cache. The seal's digest takes most of the time, the
// copy of the file into memory most of the rest.
func BenchmarkInspect(b *testing.B) {
	key := newKey(b)
	for _, lib := range []string{"tiny", "big"} {
		path := libtest.Build(b, lib, "1")
		key.sign(b, path)
		for name, opts := range map[string][]host.Option{"sealed": nil, "signed": {host.TrustKeys(key.public)}} {
			b.Run(lib+"/"+name, func(b *testing.B) {
				b.SetBytes(info(b, path).Size())
				b.ReportAllocs()
				for b.Loop() {
					_, err := host.Inspect(path, opts...)
					require.NoError(b, err)
				}
			})
		}
	}
}
