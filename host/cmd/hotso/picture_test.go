package main

import (
	"flag"
	"fmt"
	"html"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
)

var picture = flag.String("picture", "", "directory of a running hotso serve, of which docs/top.svg is to be a picture")

// TestTopPicture draws docs/top.svg, the picture of docs/terminal-view.md:
//
//	go test ./host/cmd/hotso -run TestTopPicture -picture build
func TestTopPicture(t *testing.T) {
	if *picture == "" {
		t.Skip("-picture DIR draws a picture of the server in DIR")
	}
	root, err := libtest.Root()
	require.NoError(t, err)
	dir, err := filepath.Abs(*picture)
	require.NoError(t, err)
	t.Chdir(filepath.Dir(dir)) // whose name is in nobody's way
	s := openScreen(t, 104, 31, nil, "top", filepath.Base(dir))
	s.shows("live", "events", "serving")
	time.Sleep(2 * time.Second) // all events are heard
	require.NoError(t, os.WriteFile(filepath.Join(root, "docs", "top.svg"), []byte(s.svg()), 0o666))
}

const cellWidth, cellHeight, fontSize = 8, 17, 13 // pixels

// palette has the colours of a picture: those of terminals are too dark or too bright on its background.
var palette = map[ansi.BasicColor]string{ansi.Red: "#f38ba8", ansi.Green: "#a6e3a1", ansi.Yellow: "#f9e2af", ansi.Blue: "#89b4fa", ansi.Cyan: "#94e2d5", ansi.Magenta: "#cba6f7"}

// svg is what the screen shows. Blocks are rectangles, as fonts leave gaps between them.
func (s *screen) svg() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	width, height := s.terminal.Width()*cellWidth+16, s.terminal.Height()*cellHeight+16
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="%d">`+"\n", width, height, width, height, fontSize)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" rx="8" fill="#1e1e2e"/>`+"\n", width, height)
	for y := range s.terminal.Height() {
		run, at := "", 0
		var style string
		flush := func() {
			if text := strings.TrimRight(run, " "); text != "" {
				fmt.Fprintf(&b, `<text x="%d" y="%d" textLength="%d" lengthAdjust="spacingAndGlyphs" xml:space="preserve" %s>%s</text>`+"\n",
					8+at*cellWidth, 8+y*cellHeight+fontSize, len([]rune(text))*cellWidth, style, html.EscapeString(text))
			}
			run = ""
		}
		for x := range s.terminal.Width() {
			cell := s.terminal.CellAt(x, y)
			if cell == nil || cell.Content == "" || cell.Content == " " && run == "" {
				flush()
				continue
			}
			if block := strings.Index("▁▂▃▄▅▆▇█", cell.Content); block >= 0 {
				flush()
				h := float64(block/3+1) / 8 * cellHeight
				fmt.Fprintf(&b, `<rect x="%d" y="%.1f" width="%d" height="%.1f" %s/>`+"\n", 8+x*cellWidth, float64(8+(y+1)*cellHeight)-h, cellWidth, h, svgStyle(cell.Style))
				continue
			}
			if next := svgStyle(cell.Style); run != "" && next != style || strings.HasSuffix(run, " ") && cell.Content != " " && strings.HasSuffix(run, "  ") {
				flush()
			}
			if run == "" {
				if cell.Content == " " {
					continue
				}
				at, style = x, svgStyle(cell.Style)
			}
			run += cell.Content
		}
		flush()
	}
	return b.String() + "</svg>\n"
}

func svgStyle(s uv.Style) string {
	text := `fill="` + svgColor(s.Fg) + `"`
	if s.Attrs&uv.AttrFaint != 0 {
		text += ` opacity="0.6"`
	}
	if s.Attrs&uv.AttrBold != 0 {
		text += ` font-weight="bold"`
	}
	return text
}

func svgColor(c color.Color) string {
	if basic, ok := c.(ansi.BasicColor); ok && palette[basic] != "" {
		return palette[basic]
	}
	return "#cdd6f4"
}
