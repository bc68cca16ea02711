package main

import (
	"slices"
	"strings"
)

// A node is a package in the picture.
type node struct {
	pkg
	group    string
	to       []*node // what it imports
	from     []*node
	row, x   int // x in pixels, of the box's left edge
	barycent float64
}

type graph struct {
	nodes []*node // sorted by path
	rows  [][]*node
}

// groups are distinguished by their colour.
var groups = []struct{ name, title string }{
	{"command", "the command"},
	{"room", "package host and its rooms"},
	{"leaf", "what the rooms stand on"},
	{"library", "linked into libraries"},
}

func groupOf(path string) string {
	switch {
	case strings.HasPrefix(path, "host/cmd/"), path == "host/watch", path == "host/internal/gen", path == "host/internal/libbuild":
		return "command"
	case slices.Contains([]string{"host", "host/life", "host/internal/rollout", "host/internal/lifecycle", "host/internal/instance",
		"host/internal/image", "host/internal/invoke"}, path):
		return "room"
	case strings.HasPrefix(path, "host/"):
		return "leaf"
	}
	return "library"
}

func newGraph(packages []pkg) *graph {
	g, byPath := &graph{}, map[string]*node{}
	for _, p := range packages {
		n := &node{pkg: p, group: groupOf(p.ImportPath)}
		byPath[p.ImportPath] = n
		g.nodes = append(g.nodes, n)
	}
	slices.SortFunc(g.nodes, func(a, b *node) int { return strings.Compare(a.ImportPath, b.ImportPath) })
	for _, n := range g.nodes {
		for _, i := range n.Imports {
			if to := byPath[i]; to != nil {
				n.to = append(n.to, to)
			}
		}
		slices.SortFunc(n.to, func(a, b *node) int { return strings.Compare(a.ImportPath, b.ImportPath) })
	}
	return g
}

// reduce removes each arrow for which there is another, longer way.
func (g *graph) reduce() {
	reach := map[*node]map[*node]bool{}
	var below func(n *node) map[*node]bool
	below = func(n *node) map[*node]bool {
		if r := reach[n]; r != nil {
			return r
		}
		r := map[*node]bool{}
		reach[n] = r
		for _, to := range n.to {
			r[to] = true
			for t := range below(to) {
				r[t] = true
			}
		}
		return r
	}
	for _, n := range g.nodes {
		all := slices.Clone(n.to)
		n.to = slices.DeleteFunc(n.to, func(to *node) bool {
			return slices.ContainsFunc(all, func(other *node) bool { return other != to && below(other)[to] })
		})
	}
	for _, n := range g.nodes {
		for _, to := range n.to {
			to.from = append(to.from, n)
		}
	}
}

const (
	boxWidth, boxHeight = 182, 58
	gapX, gapY          = 22, 54
	margin              = 24
	headHeight          = 70
)

// place puts each package above all that it imports, and near what it belongs to.
func (g *graph) place() {
	depth := map[*node]int{}
	var measure func(n *node) int
	measure = func(n *node) int {
		if d, ok := depth[n]; ok {
			return d
		}
		d := 0
		for _, to := range n.to {
			d = max(d, measure(to)+1)
		}
		depth[n] = d
		return d
	}
	highest := 0
	for _, n := range g.nodes {
		highest = max(highest, measure(n))
	}
	g.rows = make([][]*node, highest+1)
	for _, n := range g.nodes {
		n.row = highest - depth[n]
		g.rows[n.row] = append(g.rows[n.row], n)
	}
	for sweep := range 24 {
		for i := range g.rows {
			row := g.rows[i]
			if sweep%2 == 1 {
				row = g.rows[len(g.rows)-1-i]
			}
			order(row, sweep%2 == 0)
		}
	}
	widest := 0
	for _, row := range g.rows {
		widest = max(widest, len(row))
	}
	width := widest*(boxWidth+gapX) - gapX
	for _, row := range g.rows {
		own := len(row)*(boxWidth+gapX) - gapX
		for i, n := range row {
			n.x = margin + (width-own)/2 + i*(boxWidth+gapX)
		}
	}
}

// order sorts a row by where its neighbours above, or below, stand.
func order(row []*node, above bool) {
	for i, n := range row {
		neighbours, sum := n.to, 0.0
		if above {
			neighbours = n.from
		}
		n.barycent = float64(i) / float64(len(row))
		if len(neighbours) > 0 {
			for _, o := range neighbours {
				sum += o.barycent
			}
			n.barycent = sum / float64(len(neighbours))
		}
	}
	slices.SortStableFunc(row, func(a, b *node) int {
		switch {
		case a.barycent < b.barycent:
			return -1
		case a.barycent > b.barycent:
			return 1
		}
		return strings.Compare(a.ImportPath, b.ImportPath)
	})
	for i, n := range row {
		n.barycent = (float64(i) + 0.5) / float64(len(row))
	}
}
