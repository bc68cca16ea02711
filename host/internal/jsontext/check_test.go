package jsontext

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCheck(t *testing.T) {
	for text, why := range map[string]string{
		`[1, "two", {"a": [null, true]}]`:        "",
		` "\ud83d\ude00 \\ud800 \\\\ \u0000 😀" `: "",
		"\"\xff\"":                   "not UTF-8: byte 0xff at offset 1",
		"[\"ok\", \"\xed\xa0\x80\"]": "not UTF-8: byte 0xed at offset 8", // a surrogate, encoded
		"\"\xe2\x82":                 "not UTF-8: byte 0xe2 at offset 1",
		`"\ud800"`:                   `not UTF-8: \ud800 at offset 1`,
		`"\\\uDFFF"`:                 `not UTF-8: \uDFFF at offset 3`,
		`"\ude00\ud83d"`:             `not UTF-8: \ude00 at offset 1`,
		`"\ud83dx\ude00"`:            `not UTF-8: \ud83d at offset 1`,
		`"\ud83d`:                    `not UTF-8: \ud83d at offset 1`,
		`"\u12`:                      "not JSON",
		`"\`:                         "not JSON",
		`[1`:                         "not JSON",
		`[1] 2`:                      "more after the JSON value",
		strings.Repeat("[", 16) + strings.Repeat("]", 16):           "",
		strings.Repeat("[", 17) + strings.Repeat("]", 17):           "17 deep",
		strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000): "exceeded max depth",
		`["` + strings.Repeat("[", 100) + `"]`:                      "",
	} {
		err := Check([]byte(text), 16)
		if why == "" {
			require.NoError(t, err, "%.50s", text)
		} else {
			require.ErrorContains(t, err, why, "%.50s", text)
		}
	}
	require.ErrorIs(t, Check([]byte("\"\xff\""), 16), ErrNotUTF8)
}

// Check refuses what encoding/json refuses, and what it would change.
func FuzzCheck(f *testing.F) {
	for _, text := range []string{`[1, {"a": "\ud83d\ude00"}]`, `"\ud800"`, "\"\xff\"", `[[]]`, `{"\\": "\""}`, ` [ 1e5 ,-0.1 , null ] `} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var v any
		err := json.Unmarshal(b, &v)
		if Check(b, 16) != nil {
			return
		}
		require.NoError(t, err)
		if !strings.Contains(string(b), "\uFFFD") && !strings.Contains(strings.ToLower(string(b)), `\ufffd`) {
			again, err := json.Marshal(v)
			require.NoError(t, err)
			assert.NotContains(t, string(again), "\uFFFD")
		}
		var list []json.RawMessage
		if json.Unmarshal(b, &list) == nil && list != nil {
			var want []string
			for _, e := range list {
				want = append(want, string(e))
			}
			assert.Equal(t, want, slices.Collect(Elements(strings.TrimSpace(string(b)))))
			values, depth := Shape(b)
			assert.GreaterOrEqual(t, values, len(list))
			assert.Positive(t, depth)
		}
	})
}
