package pproflabel_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime/pprof"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/pproflabel"
)

// labelled writes content in pieces, and returns what came out.
func labelled(t *testing.T, content []byte) []byte {
	var out bytes.Buffer
	w := pproflabel.NewWriter(&out, pproflabel.Label{Key: "library", Value: "greeter"}, pproflabel.Label{Key: "version", Value: "1.2"})
	_, err := io.Copy(w, iotest.OneByteReader(bytes.NewReader(content)))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

func raw(t *testing.T, profile []byte) string {
	file := filepath.Join(t.TempDir(), "profile")
	require.NoError(t, os.WriteFile(file, profile, 0o644))
	out, err := libtest.GoTool(t, "pprof", "-raw", file).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

// Every sample has the labels, beside its own, and nothing else has changed.
func TestLabels(t *testing.T) {
	block := make(chan struct{})
	defer close(block)
	pprof.Do(t.Context(), pprof.Labels("own", "label"), func(context.Context) { go func() { <-block }() })
	var profile bytes.Buffer
	require.NoError(t, pprof.Lookup("goroutine").WriteTo(&profile, 0))
	before, after := raw(t, profile.Bytes()), raw(t, labelled(t, profile.Bytes()))

	samples, _, _ := strings.Cut(before, "Locations")
	count := len(regexp.MustCompile(`(?m)^ +\d+: [\d ]+$`).FindAllString(samples, -1))
	require.NotZero(t, count, "%s", before)
	assert.Equal(t, count, len(regexp.MustCompile(`library:\[greeter\].*version:\[1\.2\]`).FindAllString(after, -1)), "%s", after)
	assert.Regexp(t, `library:\[greeter\] +own:\[label\] +version:\[1\.2\]`, after)
	without := func(text string) string {
		var kept []string
		for line := range strings.Lines(text) {
			if !strings.Contains(line, ":[") {
				kept = append(kept, line)
			}
		}
		return strings.Join(kept, "")
	}
	assert.Equal(t, without(before), without(after))
}

// What is no profile stays as it is.
func TestOthers(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, err := z.Write([]byte("goroutine profile: total 5"))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	for name, content := range map[string]string{
		"empty": "", "short": "\x1f", "text": "goroutine profile: total 5\n", "trace": "go 1.26 trace\x00\x00\x00",
		"broken": "\x1f\x8bno more", "zipped": zipped.String(), "cut off": zipped.String()[:zipped.Len()-9],
	} {
		assert.Equal(t, content, string(labelled(t, []byte(content))), name)
	}
}
