package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
)

// Measures of the plot in pixels.
const (
	labelWidth = 190
	barsWidth  = 440
	valueWidth = 90
	barHeight  = 11
	rowHeight  = 34
	headHeight = 52
	footHeight = 26
)

// svgHead sets the colours: those of a light page, and of a dark one where the
// reader's system asks for it. The background stays the page's.
const svgHead = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" role="img" aria-labelledby="title" font-family="system-ui, sans-serif" font-size="12">
<title id="title">Nanoseconds per call, by contender</title>
<style>
text { fill: #24292f } .soft { fill: #6e7781 } .grid { stroke: #d0d7de }
.add { fill: #54aeff } .greet { fill: #0969da } .us { font-weight: 600 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .soft { fill: #8d96a0 } .grid { stroke: #30363d }
.add { fill: #1f6feb } .greet { fill: #79c0ff }
}
</style>
`

// plot draws add and greet of each contender as bars on a logarithmic scale.
func plot(p place, rows []*row) []byte {
	var shown []*row
	top := 10.0
	for _, w := range rows {
		if w.err == nil && len(w.figures[Add]) > 0 {
			shown = append(shown, w)
			top = max(top, median(values(w.figures[Add])), median(values(w.figures[Greet])))
		}
	}
	decades := math.Ceil(math.Log10(top))
	x := func(ns float64) float64 { return barsWidth * math.Log10(max(ns, 1)) / decades }

	var b bytes.Buffer
	width, height := labelWidth+barsWidth+valueWidth, headHeight+rowHeight*len(shown)+footHeight
	fmt.Fprintf(&b, svgHead, width, height)
	text := func(x, y float64, class, anchor, s string) {
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" class="%s" text-anchor="%s">`, x, y, class, anchor)
		xml.EscapeText(&b, []byte(s))
		b.WriteString("</text>\n")
	}
	rect := func(x, y, w, h float64, class string) {
		fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2" class="%s"/>`+"\n", x, y, w, h, class)
	}

	rect(labelWidth, 8, 10, 10, "add")
	text(labelWidth+15, 17, "", "start", "add")
	rect(labelWidth+50, 8, 10, 10, "greet")
	text(labelWidth+65, 17, "", "start", "greet: string in, string out")
	text(float64(width)-8, 17, "soft", "end", "ns per call, log scale")
	for d := 0.0; d <= decades; d++ {
		at := labelWidth + x(math.Pow(10, d))
		text(at, headHeight-10, "soft", "middle", thousands(fmt.Sprintf("%.0f", math.Pow(10, d))))
		fmt.Fprintf(&b, `<path d="M%.1f %d V%d" class="grid"/>`+"\n", at, headHeight-4, height-footHeight)
	}
	for i, w := range shown {
		y := float64(headHeight + i*rowHeight)
		class := ""
		if w.Name == hotsoName {
			class = "us"
		}
		text(labelWidth-10, y+barHeight+5, class, "end", w.Name)
		for j, job := range []string{Add, Greet} {
			ns, at := median(values(w.figures[job])), y+float64(j*(barHeight+1))
			rect(labelWidth, at, x(ns), barHeight, job)
			text(labelWidth+x(ns)+5, at+barHeight-1, class, "start", number(ns))
		}
	}
	text(labelWidth, float64(height)-8, "soft", "start", p.String())
	b.WriteString("</svg>\n")
	return b.Bytes()
}
