package page

import (
	"bytes"
	"context"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "make the pictures of docs/page.md, which takes five minutes")

const maxPicture = 150_000 // bytes

// pictures are those of docs/page.md.
var pictures = []struct {
	file, scheme  string
	width, height int64
}{
	{"page-light.png", "light", 1200, 1080},
	{"page-dark.png", "dark", 1200, 1080},
	{"page-phone.png", "light", 360, 1080},
}

// The pictures are of a real server: a swap, a crash, a rollback and a canary in four minutes.
func TestPictures(t *testing.T) {
	docs := filepath.Join("..", "..", "docs")
	if !*update {
		page, err := os.ReadFile(filepath.Join(docs, "page.md"))
		require.NoError(t, err)
		for _, p := range pictures {
			assert.Contains(t, string(page), "("+p.file+")")
			b, err := os.ReadFile(filepath.Join(docs, p.file))
			require.NoError(t, err, "make it with -update")
			assert.Less(t, len(b), maxPicture)
			config, err := png.DecodeConfig(bytes.NewReader(b))
			require.NoError(t, err)
			assert.EqualValues(t, p.width, config.Width)
			assert.EqualValues(t, p.height, config.Height)
		}
		return
	}
	b := newBrowser(t)
	v1, v2, v3 := library(t, "1.4", 0, 1), library(t, "1.5", 0, 0.5), library(t, "1.6", 3, 1.5)
	s := serve(t, t.TempDir(), "", "--probation", "10s")
	deploy := func(library string, then time.Duration) {
		s.put(library, filepath.Base(library))
		time.Sleep(then)
	}
	s.traffic(6, 25*time.Millisecond)
	deploy(v1, 75*time.Second)
	deploy(v2, 30*time.Second)
	s.write("libgreeter.v1.7.so", []byte("#!/bin/sh\n"))
	time.Sleep(20 * time.Second)
	_, _, _ = s.post(t.Context(), "/call/Crash", `["7"]`)
	time.Sleep(25 * time.Second)
	deploy(v3, 25*time.Second)
	s.deploy("/rollback", "")
	time.Sleep(20 * time.Second)
	s.deploy("/canary", `{"version":"1.6","percent":20}`)
	go func() { _, _, _ = s.post(context.Background(), "/call/Report", "[60000]") }()
	time.Sleep(30 * time.Second)
	for _, p := range pictures {
		b.screen(p.width, p.height, p.scheme)
		b.do(chromedp.Navigate(s.url))
		b.shows("#canary-title", "Canary")
		b.click(`input[value="300"]`)
		time.Sleep(2 * time.Second)
		picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		require.NoError(t, err)
		assert.Less(t, len(picture), maxPicture, p.file)
		require.NoError(t, os.WriteFile(filepath.Join(docs, p.file), picture, 0o644))
		t.Logf("%s: %d bytes", p.file, len(picture))
	}
}
