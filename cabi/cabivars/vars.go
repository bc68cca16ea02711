//go:build cgo

package cabivars

import (
	"bytes"
	"context"
	"expvar"
	"fmt"
	"io"

	"github.com/hotso/hotso/cabi"
)

func init() { cabi.OnDebug("vars", write) }

// write writes what expvar's own handler does (expvar.Handler).
func write(_ context.Context, w io.Writer, _ string) error {
	var b bytes.Buffer
	separator := "{\n"
	expvar.Do(func(v expvar.KeyValue) {
		fmt.Fprintf(&b, "%s%q: %s", separator, v.Key, v.Value)
		separator = ",\n"
	})
	b.WriteString("\n}\n")
	_, err := w.Write(b.Bytes())
	return err
}
