package page

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A day in the life of a server, as somebody sees it who operates it: with the mouse, the keyboard and the token.
func TestPage(t *testing.T) {
	b := newBrowser(t)
	v1, v2 := library(t, "1", 0, 1), library(t, "2", 0, 8)
	s := serve(t, t.TempDir(), "", "--canary", "40")
	b.screen(1280, 900, "light")
	b.do(chromedp.Navigate(s.url))
	b.shows("#link", "live")
	b.shows("h1", "No library yet")

	s.put(v1, "libgreeter.v1.so")
	b.shows("h1", "greeter")
	b.shows("#serves", "v1 serves since")
	b.shows("#versions tr:first-child", "serving")
	stop := s.traffic(3, 10*time.Millisecond)
	b.shows("#chart-text", "1 swap")
	require.Eventually(t, func() bool { return b.text("#n-calls") != "–" && b.text("#n-calls") != "0" }, patience, 50*time.Millisecond)
	b.shows("#n-p50", "ms")
	assert.Equal(t, "0\u00a0%", b.text("#n-failed"))

	s.write("libgreeter.v9.so", []byte("#!/bin/sh\n<b>not HTML</b>\n"))
	b.shows("#events", "not an ELF shared object")
	b.shows("#versions", "v9")

	// A canary, which is promoted with the token, though it fails more often.
	s.put(v2, "libgreeter.v2.so")
	b.shows("#canary-title", "Canary v2")
	b.shows("#versus-canary", "Canary v2")
	require.Eventually(t, func() bool { return strings.HasPrefix(b.text("#versus .worse"), "+") }, patience, 50*time.Millisecond, "it takes longer, and that is said")
	b.click("#promote")
	b.shows("#ask-title", "Promote v2?")
	b.press("wrong" + kb.Enter)
	b.shows("#ask-error", "not the token")
	assert.Equal(t, "ask-token", b.focused())
	b.press(token + kb.Enter)
	b.shows("#serves", "v2 serves since")
	b.shows("#note", "v2 serves")
	assert.True(t, eval[bool](b, `document.getElementById("canary").hidden`))
	assert.Zero(t, eval[int](b, `sessionStorage.length + localStorage.length + document.cookie.length`), "nobody has asked to keep the token")

	// The report of what has left.
	b.shows("#events li:has(button:not([hidden])) .state", "unloaded")
	b.click("#events li:has(button:not([hidden])) button")
	b.shows("#detail", "threads")
	b.shows("#detail", "How long it took")
	b.press(kb.Escape)

	// Back, from the keyboard: the token is known by now.
	b.do(chromedp.Focus(chromedp.CSS("#rollback")))
	b.press(kb.Enter)
	b.shows("#ask-title", "Roll greeter back?")
	assert.False(t, eval[bool](b, `document.getElementById("ask-token-box").checkVisibility()`))
	assert.Equal(t, "Cancel", b.focused(), "nothing is done by a second Enter")
	b.press(kb.Tab + kb.Enter)
	b.shows("#serves", "v1 serves since")
	b.shows("#chart-text", "1 return to the version before")

	// A call that takes long, and where it is.
	go func() { _, _, _ = s.post(context.Background(), "/call/Report", "[60000]") }()
	b.shows("#inside", "Report")
	b.shows("#inside tr", "v1")
	b.click("#inside button")
	b.shows("#detail", "time.Sleep")
	b.shows("#detail", "main.report")
	b.press(kb.Escape)

	// A crash, with the stack of what has panicked.
	_, _, _ = s.post(t.Context(), "/call/Crash", `["<img src=x onerror=alert(1)>"]`)
	b.shows("#events", "crashed")
	b.click(`#events button[aria-label="Details: v1 crashed"]`)
	b.shows("#detail pre", "no such shelf: <img src=x onerror=alert(1)>")
	assert.False(t, eval[bool](b, `Boolean(document.querySelector("#detail-body button"))`), "the token is known")
	b.shows("#detail pre", "main.restock")
	b.press(kb.Escape)
	b.shows("#live", "crashed")
	colours := `new Set([...document.querySelectorAll("#versions th")].filter((e) => e.innerText.trim() === "v1").map((e) => e.firstChild.className)).size`
	require.Eventually(t, func() bool { return eval[int](b, colours) == 1 }, patience, 50*time.Millisecond, "a version has the same colour whenever it is loaded")
	stop()

	// The server ends and comes back: the page need not be loaded again.
	eval[bool](b, `window.same = true`)
	s.stop()
	b.shows("#link", "connection lost")
	again := serve(t, s.dir, s.addr)
	b.shows("#link", "live")
	again.write("libgreeter.v8.so", []byte("#!/bin/sh\n"))
	b.shows("#versions", "v8")
	b.shows("#serves", " serves since")
	assert.True(t, eval[bool](b, `window.same`))
	b.clean(s.url)
	b.mu.Lock()
	defer b.mu.Unlock()
	assert.Less(t, b.received, 200e3, "bytes of the page itself")
	fmt.Printf("the page itself: %.0f bytes with headers\n", b.received)
}

// Several libraries have a chooser, and the address keeps the choice.
func TestSeveralLibraries(t *testing.T) {
	b := newBrowser(t)
	s := serve(t, t.TempDir(), "")
	s.put(library(t, "1", 0, 1), "libgreeter.v1.so")
	out := t.TempDir()
	run(t, "build", "./libgreeter", "--version", "3", "--name", "parlour", "-o", out)
	s.put(out+"/libparlour.v3.so", "libparlour.v3.so")
	b.do(chromedp.Navigate(s.url))
	b.shows("h1", "greeter")
	b.shows("#chooser", "parlour v3")
	b.do(chromedp.Focus(chromedp.CSS("#library")))
	b.press("p")
	b.shows("h1", "parlour")
	b.shows("#serves", "v3 serves")
	b.shows("#events", "v3")
	assert.NotContains(t, b.text("#events"), "v1")
	b.do(chromedp.Reload())
	b.shows("h1", "parlour")

	// Who has no token sees the first line of a crash, and all of it with one.
	_, _, _ = s.post(t.Context(), "/call/parlour/Crash", `["7"]`)
	b.shows("#events", "crashed")
	b.click(`#events button[aria-label="Details: v3 crashed"]`)
	b.shows("#detail pre", "no such shelf: 7")
	assert.NotContains(t, b.text("#detail"), "main.restock")
	b.click("#detail-body button")
	b.shows("#ask-title", "v3 crashed")
	b.press("wrong" + kb.Enter)
	b.shows("#ask-error", "not the token")
	b.press(token + kb.Enter)
	b.shows("#detail pre", "main.restock")
	b.clean(s.url)
}
