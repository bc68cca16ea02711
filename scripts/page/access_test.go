package page

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tree is what a screen reader gets: roles and names, each as "role name".
func (b *browser) tree() (nodes []string) {
	text := func(v *accessibility.Value) (s string) {
		if v != nil {
			_ = json.Unmarshal(v.Value, &s)
		}
		return s
	}
	for _, n := range call(b, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes {
		if !n.Ignored {
			nodes = append(nodes, strings.TrimSpace(text(n.Role)+" "+text(n.Name)))
		}
	}
	return nodes
}

// All that can be used has a name, and the page has landmarks, headings and headers of tables; also on a phone,
// where nothing is wider than the screen.
func TestPageIsAccessible(t *testing.T) {
	b := newBrowser(t)
	s := many().start(t)
	b.screen(360, 780, "dark")
	b.do(chromedp.Navigate(s.URL))
	b.shows("#versions", "v200")
	b.shows("#chart-text", "swaps")
	tree := b.tree()
	for _, want := range []string{
		"main", "banner", "heading many", "heading Timeline", "heading Versions", "heading Calls in flight", "heading Events",
		"link Skip to the content", "button Deploy", "button Roll back", "radio 1 hour", "columnheader Version", "columnheader State",
		"rowheader v200", "log News", "region Timeline", "button Deploy v199",
	} {
		assert.Contains(t, tree, want)
	}
	for _, n := range tree {
		for _, role := range []string{"button", "link", "textbox", "combobox", "radio", "checkbox", "dialog", "table", "columnheader", "rowheader"} {
			assert.NotEqual(t, role, n, "it has no name")
		}
	}
	assert.True(t, strings.HasPrefix(find(tree, "figure Timeline"), "figure"), "the chart has a name, and a text beside it")
	assert.LessOrEqual(t, eval[int](b, `document.documentElement.scrollWidth`), 360, "nothing is cut off")
	small := eval[[]string](b, `[...document.querySelectorAll("button, select, summary, label:has(input)")].filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 24).map((e) => e.outerHTML)`)
	assert.Empty(t, small, "fingers need 24 px")
	assert.Equal(t, "none", eval[string](b, `getComputedStyle(document.querySelector(".led")).animationName`), "nothing moves for who does not want that")

	// By keyboard: the skip link is first, what has the focus can be seen, and arrows go through the marks.
	b.press(kb.Tab)
	assert.Equal(t, "Skip to the content", b.focused())
	assert.Equal(t, "solid", eval[string](b, `getComputedStyle(document.activeElement).outlineStyle`))
	b.press(kb.Enter)
	assert.Equal(t, "main", b.focused())
	b.do(chromedp.Focus(chromedp.CSS("#lane button[tabindex='0']")))
	last := b.focused()
	b.press(kb.ArrowLeft)
	assert.NotEqual(t, last, b.focused())
	assert.Contains(t, b.focused(), "serves")
	require.Eventually(t, func() bool { return strings.Contains(b.text("#tip"), "serves") }, patience, patience/1000, "the focus tells why, too")
	assert.Equal(t, 1, eval[int](b, `document.querySelectorAll("#lane button[tabindex='0']").length`), "Tab stops there once")

	// A dialog keeps the focus, and gives it back.
	b.do(chromedp.Focus(chromedp.CSS("#deploy")))
	b.press(kb.Enter)
	b.shows("#ask-title", "Deploy many")
	assert.Equal(t, "ask-version", b.focused())
	assert.Contains(t, b.tree(), "dialog Deploy many")
	b.press(kb.Escape)
	assert.Equal(t, "deploy", b.focused())
	b.clean(s.URL)
}

func find(list []string, prefix string) string {
	for _, s := range list {
		if strings.HasPrefix(s, prefix) {
			return s
		}
	}
	return ""
}

// On a phone no table has to be pushed from side to side.
func TestTablesFitOnAPhone(t *testing.T) {
	b := newBrowser(t)
	s := madeStory().start(t)
	b.screen(360, 780, "light")
	b.do(chromedp.Navigate(s.URL))
	b.shows("#versus-canary", "v1.6")
	b.shows("#versions", "v1.7")
	b.shows("#inside", "Report")
	wide := eval[[]string](b, `[...document.querySelectorAll(".scroll")].filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth).map((e) => e.innerText)`)
	assert.Empty(t, wide)
	b.clean(s.URL)
}
