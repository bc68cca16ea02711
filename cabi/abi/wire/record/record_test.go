package record_test

import (
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi/wire"
	"github.com/hotso/hotso/cabi/abi/wire/record"
)

type secret struct{}

func (secret) LogValue() slog.Value { return slog.StringValue("***") }

func TestRecord(t *testing.T) {
	now := time.Now()
	r := slog.NewRecord(now, slog.LevelWarn+1, "hello", 0)
	attrs := []slog.Attr{
		slog.String("s", "x"), slog.Bool("b", true), slog.Bool("c", false), slog.Int64("i", math.MinInt64), slog.Uint64("u", math.MaxUint64),
		slog.Float64("f", 0.1), slog.Duration("d", time.Minute), slog.Time("t", time.Unix(1, 2)), slog.Time("zero", time.Time{}),
		slog.Any("a", []int{1}), slog.Any("secret", secret{}), slog.Group("g", slog.Group("h", slog.Int("n", 1))),
	}
	back, err := record.Read(record.Append(nil, r, attrs))
	require.NoError(t, err)
	assert.True(t, now.Equal(back.Time))
	assert.Equal(t, slog.LevelWarn+1, back.Level)
	assert.Equal(t, "hello", back.Message)
	want := append(append([]slog.Attr(nil), attrs[:9]...), slog.String("a", "[1]"), slog.String("secret", "***"), attrs[11])
	var got []slog.Attr
	back.Attrs(func(a slog.Attr) bool { got = append(got, a); return true })
	require.Len(t, got, len(want))
	for i := range want {
		assert.True(t, want[i].Equal(got[i]), "%v, not %v", got[i], want[i])
	}
	b := record.Append(nil, r, attrs)
	for n := range b {
		_, err := record.Read(b[:n])
		require.ErrorIs(t, err, wire.ErrShort)
	}

	deep := slog.Int("n", 1)
	for range 100 {
		deep = slog.Group("g", deep)
	}
	back, err = record.Read(record.Append(nil, slog.Record{}, []slog.Attr{deep}))
	require.NoError(t, err, "what is too deep is text")
	var text strings.Builder
	require.NoError(t, slog.NewTextHandler(&text, nil).Handle(t.Context(), back))
	assert.Contains(t, text.String(), "n=1")
}

func FuzzRecord(f *testing.F) {
	f.Add(record.Append(nil, slog.NewRecord(time.Now(), 0, "hello", 0), []slog.Attr{slog.Group("g", slog.Int("n", 1))}))
	f.Add([]byte{0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := record.Read(b)
		if err != nil {
			return
		}
		var attrs []slog.Attr
		r.Attrs(func(a slog.Attr) bool { attrs = append(attrs, a); return true })
		again, err := record.Read(record.Append(nil, r, attrs))
		require.NoError(t, err)
		assert.True(t, r.Time.Equal(again.Time))
		assert.Equal(t, r.NumAttrs(), again.NumAttrs())
	})
}
