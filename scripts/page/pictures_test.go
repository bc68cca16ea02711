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

var update = flag.Bool("update", false, "make the pictures of docs/page.md, of a run of five minutes")

const maxPicture = 150_000 // bytes

// pictures are those of docs/page.md.
var pictures = []struct {
	file, scheme  string
	width, height int64
}{
	{"page-light.png", "light", 1200, 1180},
	{"page-dark.png", "dark", 1200, 1180},
	{"page-phone.png", "light", 360, 1180},
}

// story is a real server in whose last five minutes there were a swap, a refused file, a crash, a rollback and a canary.
func story(t *testing.T) *server {
	old, fast, bad := library(t, "1.4", 0.02, 1), library(t, "1.5", 0.02, 0.6), library(t, "1.6", 2.4, 1.7)
	s := serve(t, t.TempDir(), "")
	begin := time.Now()
	at := func(second int, do func()) {
		time.Sleep(time.Until(begin.Add(time.Duration(second) * time.Second)))
		do()
	}
	s.put(old, "libgreeter.v1.4.so")
	at(2, func() { s.traffic(8, 10*time.Millisecond) })
	at(90, func() { s.put(fast, "libgreeter.v1.5.so") })
	at(136, func() { s.write("libgreeter.v1.7.so", []byte("#!/bin/sh\n")) })
	at(170, func() { _, _, _ = s.post(t.Context(), "/call/Crash", `["no such shelf: 7"]`) })
	at(214, func() { s.put(bad, "libgreeter.v1.6.so") })
	at(242, func() { s.deploy("/rollback", "") })
	at(270, func() { s.deploy("/canary", `{"version": "1.6", "percent": 20}`) })
	go func() { _, _, _ = s.post(context.Background(), "/call/Report", "[60000]") }()
	at(305, func() {})
	return s
}

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
	b, s := newBrowser(t), story(t)
	for _, p := range pictures {
		b.screen(p.width, p.height, p.scheme)
		b.do(chromedp.Navigate(s.url))
		b.shows("#canary-title", "Canary")
		b.click(`input[value="300"]`)
		b.shows("#chart-text", "1 canary")
		time.Sleep(time.Second) // it is drawn
		picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		require.NoError(t, err)
		assert.Less(t, len(picture), maxPicture, p.file)
		require.NoError(t, os.WriteFile(filepath.Join(docs, p.file), picture, 0o644))
		t.Logf("%s: %d bytes", p.file, len(picture))
	}
}
