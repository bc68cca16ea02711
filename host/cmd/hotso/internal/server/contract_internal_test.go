package server

import (
	"context"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/host/internal/transcode"
	"github.com/hotso/hotso/testdata/contracts/shapes"
)

// schemaOf keeps the schema of a contract that is bound to it.
type schemaOf struct{ text string }

func (s *schemaOf) BindContract(c *contract.Info) ([]contract.Remote, error) {
	s.text = c.Schema
	return make([]contract.Remote, len(c.Methods)), nil
}

// What a body takes in memory, its bytes on the wire included, is bounded by what parse says. Garbage of
// the bytes as they grow comes to four times as much.
func TestContractArgumentsTakeWhatTheyCost(t *testing.T) {
	if testing.Short() {
		t.Skip("nothing happens at the same time, and the race detector makes it slow")
	}
	schema := new(schemaOf)
	_, err := shapes.Bind(schema)
	require.NoError(t, err)
	all := transcode.New([]manifest.Contract{{Name: "Shapes", Schema: []byte(schema.text)}})
	const size = 4 << 20
	list := func(e string) string { return "[" + strings.Repeat(e+",", size/(len(e)+1)) + e + "]" }
	for name, test := range map[string]struct{ function, text string }{
		"many arguments": {"Plain", list("{}")},
		"empty objects":  {"EchoLists", `[{"Empties":` + list("{}") + `}]`},
		"empty lists":    {"Echo", `[{"Matrix":` + list("[]") + `}]`},
		"empty maps":     {"EchoLists", `[{"Nested":` + list("{}") + `}]`},
		"digits":         {"Echo", `[{"Figure":{"type":"Squares","value":` + list("1") + `}}]`},
		"strings":        {"Echo", `[{"Strings":` + list(`""`) + `}]`},
		"errors":         {"Echo", `[{"Errs":` + list(`""`) + `}]`},
		"fields":         {"Echo", `[{"Points":` + list(`{"X":1}`) + `}]`},
		"pairs":          {"Echo", `[{"ByPoint":` + list(`{"key":{},"value":true}`) + `}]`},
		"text":           {"Echo", `[{"text":"` + strings.Repeat("x", size) + `"}]`},
		"base64":         {"Echo", `[{"Bytes":"` + strings.Repeat("AAAA", size/4) + `"}]`},
	} {
		m, err := all.Method("Shapes_" + test.function)
		require.NoError(t, err)
		b := []byte(test.text)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c := new(contractCall)
		_, cost, err := c.parse(b)
		require.NoError(t, err)
		args, err := m.Arguments(context.Background(), c.args)
		runtime.ReadMemStats(&after)
		assert.Less(t, int64(len(args)), cost, name)
		if err == nil {
			assert.Less(t, int64(after.TotalAlloc-before.TotalAlloc), 4*cost+1<<20, name)
		}
	}
}
