package main

import (
	"bytes"
	"fmt"
	"html"
	"strings"
)

// style has the colours of a light page, and of a dark one where the reader's system asks
// for it.
const style = `<style>
text { font: 13px system-ui, sans-serif; fill: #1b1f24 }
.path { font-weight: 600 } .doc { font-size: 10px; fill: #57606a } .title { font-size: 12px }
.box { stroke-width: 1.2 } .arrow { fill: none; stroke: #8c959f; stroke-width: 1.1 } .head { fill: #8c959f }
.command { fill: #fff8e1; stroke: #c69a1b } .room { fill: #e3f1ff; stroke: #2f7bd1 }
.leaf { fill: #f1f3f5; stroke: #9aa3ad } .library { fill: #e6f6ea; stroke: #3c9a57 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .doc { fill: #9aa4af } .arrow { stroke: #6b7682 } .head { fill: #6b7682 }
.command { fill: #3a3115 } .room { fill: #14304e } .leaf { fill: #262c33 } .library { fill: #173422 }
}
</style>
`

// svg draws the graph.
func (g *graph) svg() []byte {
	width, height := 0, 0
	for _, n := range g.nodes {
		width, height = max(width, n.x+boxWidth+margin), max(height, n.y()+boxHeight+margin)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"The packages of hotso, each above those that it imports\">\n", width, height)
	b.WriteString(style)
	x := margin
	for _, group := range groups {
		fmt.Fprintf(&b, "<rect class=\"box %s\" x=\"%d\" y=\"%d\" width=\"14\" height=\"14\" rx=\"3\"/><text class=\"title\" x=\"%d\" y=\"%d\">%s</text>\n",
			group.name, x, margin, x+20, margin+12, group.title)
		x += 40 + 7*len(group.title)
	}
	for _, n := range g.nodes {
		for i, to := range n.to {
			n.arrow(&b, to, i)
		}
	}
	for _, n := range g.nodes {
		n.draw(&b)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func (n *node) y() int { return headHeight + n.row*(boxHeight+gapY) }

// arrow goes from under n to above what it imports. Arrows leave side by side.
func (n *node) arrow(b *bytes.Buffer, to *node, i int) {
	x1 := n.x + boxWidth*(i+1)/(len(n.to)+1)
	at := 0
	for j, f := range to.from {
		if f == n {
			at = j
		}
	}
	x2 := to.x + boxWidth*(at+1)/(len(to.from)+1)
	y1, y2 := n.y()+boxHeight, to.y()-5
	bend := min((y2-y1)/2, 70)
	fmt.Fprintf(b, "<path class=\"arrow\" d=\"M%d %d C%d %d %d %d %d %d\"/><path class=\"head\" d=\"M%d %dl-3 -6h6z\"/>\n",
		x1, y1, x1, y1+bend, x2, y2-bend, x2, y2, x2, y2+5)
}

// draw draws the box: the path without what all in its group share, and what it does.
func (n *node) draw(b *bytes.Buffer) {
	name := n.ImportPath
	name = strings.TrimPrefix(name, "host/internal/")
	name = strings.TrimPrefix(name, "host/cmd/hotso/internal/")
	if name == "host/cmd/hotso" {
		name = "hotso"
	}
	fmt.Fprintf(b, "<g><title>%s: %s</title><rect class=\"box %s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"7\"/>",
		html.EscapeString(n.ImportPath), html.EscapeString(n.Doc), n.group, n.x, n.y(), boxWidth, boxHeight)
	fmt.Fprintf(b, "<text class=\"path\" x=\"%d\" y=\"%d\">%s</text>", n.x+9, n.y()+19, html.EscapeString(name))
	for i, line := range wrap(n.Doc, 31, 2) {
		fmt.Fprintf(b, "<text class=\"doc\" x=\"%d\" y=\"%d\">%s</text>", n.x+9, n.y()+34+i*13, html.EscapeString(line))
	}
	b.WriteString("</g>\n")
}

// wrap breaks text into lines of at most width bytes, and says if there is more.
func wrap(text string, width, most int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	lines = append(lines, line)
	if len(lines) > most {
		lines = lines[:most]
		lines[most-1] += "…"
	}
	return lines
}
