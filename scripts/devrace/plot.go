package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
)

// Measures of the plot in pixels.
const (
	labelWidth = 110
	barsWidth  = 440
	valueWidth = 90
	barHeight  = 14
	rowHeight  = 28
	headHeight = 44
)

// svgHead sets the colours: those of a light page, and of a dark one where the reader's system asks for it.
const svgHead = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" role="img" aria-labelledby="title" font-family="system-ui, sans-serif" font-size="12">
<title id="title">Seconds from a save to the first new answer, by tool</title>
<style>
text { fill: #24292f } .soft { fill: #6e7781 } .bar { fill: #54aeff } .us { fill: #0969da } .tail { stroke: #6e7781 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .soft { fill: #8d96a0 } .bar { fill: #1f6feb } .us { fill: #79c0ff } .tail { stroke: #8d96a0 }
}
</style>
`

// plot draws the medians as bars, and the way to the p90 as a line.
func plot(rows []row) []byte {
	top := 0.001
	for _, w := range rows {
		top = max(top, w.Median.Seconds(), w.P90.Seconds())
	}
	x := func(s float64) float64 { return barsWidth * s / top }
	var b bytes.Buffer
	width := labelWidth + barsWidth + valueWidth
	fmt.Fprintf(&b, svgHead, width, headHeight+rowHeight*len(rows))
	text := func(x, y float64, class, anchor, s string) {
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" class="%s" text-anchor="%s">`, x, y, class, anchor)
		must(xml.EscapeText(&b, []byte(s)))
		b.WriteString("</text>\n")
	}
	text(float64(width)-8, 17, "soft", "end", "seconds from a save to the first new answer: median, and a line to the p90")
	for i, w := range rows {
		y, class := float64(headHeight+i*rowHeight), "bar"
		if w.Name == hotsoName {
			class = "us"
		}
		text(labelWidth-10, y+barHeight-3, "", "end", w.Name)
		fmt.Fprintf(&b, `<rect x="%d" y="%.1f" width="%.1f" height="%d" rx="2" class="%s"/>`+"\n", labelWidth, y, x(w.Median.Seconds()), barHeight, class)
		fmt.Fprintf(&b, `<path d="M%.1f %.1f H%.1f" class="tail"/>`+"\n", labelWidth+x(w.Median.Seconds()), y+barHeight/2, labelWidth+x(w.P90.Seconds()))
		text(labelWidth+x(max(w.Median.Seconds(), w.P90.Seconds()))+6, y+barHeight-3, "", "start", fmt.Sprintf("%.2f", w.Median.Seconds()))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}
