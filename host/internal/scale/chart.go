package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
)

// A chart has lines over a common axis.
type chart struct {
	title  string // of the whole, for who can't see it
	x, y   string // what the axes are
	series []series
	bars   bool // from zero, of the first series
}

type series struct {
	name   string
	points [][2]float64
}

// Measures in pixels.
const (
	chartWidth, chartHeight = 640, 260
	left, right, top, foot  = 62, 14, 34, 40
)

// head sets the colours: those of a light page, and of a dark one where the reader's system asks for it.
const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" role="img" aria-labelledby="title" font-family="system-ui, sans-serif" font-size="12">
<title id="title">%[3]s</title>
<style>
text { fill: #24292f } .soft { fill: #6e7781 } .grid { stroke: #d0d7de } path { fill: none; stroke-width: 1.8; stroke-linejoin: round }
.s0 { stroke: #0969da } .s1 { stroke: #bf5700 } .s2 { stroke: #1a7f37 } .f0 { fill: #0969da } .f1 { fill: #bf5700 } .f2 { fill: #1a7f37 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .soft { fill: #8d96a0 } .grid { stroke: #30363d }
.s0 { stroke: #58a6ff } .s1 { stroke: #f0883e } .s2 { stroke: #3fb950 } .f0 { fill: #58a6ff } .f1 { fill: #f0883e } .f2 { fill: #3fb950 }
}
</style>
`

// svg draws it.
func (c chart) svg() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, head, chartWidth, chartHeight, escaped(c.title))
	text := func(x, y float64, class, anchor, s string) {
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" class="%s" text-anchor="%s">%s</text>`+"\n", x, y, class, anchor, escaped(s))
	}
	minX, maxX, maxY := math.Inf(1), math.Inf(-1), 0.0
	for _, s := range c.series {
		for _, p := range s.points {
			minX, maxX, maxY = min(minX, p[0]), max(maxX, p[0]), max(maxY, p[1])
		}
	}
	maxY *= 1.05
	width, height := float64(chartWidth-left-right), float64(chartHeight-top-foot)
	x := func(v float64) float64 { return left + (v-minX)/(maxX-minX)*width }
	y := func(v float64) float64 { return top + (1-v/maxY)*height }
	for v := 0.0; v <= maxY; v += nice(maxY / 4) {
		fmt.Fprintf(&b, `<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" class="grid"/>`+"\n", left, chartWidth-right, y(v), y(v))
		text(left-6, y(v)+4, "soft", "end", number(v))
	}
	tick := nice((maxX - minX) / 8)
	for v := math.Ceil(minX/tick) * tick; v <= maxX+tick/1000; v += tick {
		text(x(v), float64(chartHeight-foot+16), "soft", "middle", number(v))
	}
	text(left+width/2, chartHeight-6, "soft", "middle", c.x)
	text(8, 16, "", "start", c.y)
	at := float64(chartWidth - right)
	for i := len(c.series) - 1; i >= 0 && len(c.series) > 1; i-- {
		text(at, 16, fmt.Sprintf("f%d", i), "end", c.series[i].name)
		at -= float64(7*len(c.series[i].name) + 18)
	}
	for i, s := range c.series {
		if c.bars {
			w := width / (maxX - minX)
			for _, p := range s.points {
				fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" class="f%d"/>`+"\n", x(p[0])-w*0.4, y(p[1]), w*0.8, y(0)-y(p[1]), i)
			}
			continue
		}
		fmt.Fprintf(&b, `<path class="s%d" d="`, i)
		for j, p := range s.points {
			fmt.Fprintf(&b, "%c%.1f %.1f", "ML"[min(j, 1)], x(p[0]), y(p[1]))
		}
		b.WriteString("\"/>\n")
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// nice is a round number that is not less.
func nice(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= v {
			return m * power
		}
	}
	return 10 * power
}

func number(v float64) string {
	s := strconv.FormatFloat(math.Round(v*1000)/1000+0, 'f', -1, 64) // and no -0
	if v >= 10_000 {
		s = s[:len(s)-3] + "," + s[len(s)-3:]
	}
	return s
}

func escaped(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // into memory
	return b.String()
}
