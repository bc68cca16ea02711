package page

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	manyVersions = 200
	day          = 24 * time.Hour
)

// many has had 200 versions in a day, with calls all the time.
func many() *made {
	begin := time.Now().Add(-day)
	came := func(v int) time.Time { return begin.Add(time.Duration(v-1) * day / manyVersions) }
	m := &made{name: "many", now: time.Now}
	m.sample = func(at time.Time, seconds float64) object {
		v := min(manyVersions, 1+int(at.Sub(begin)*manyVersions/day))
		wave := 1 + math.Sin(float64(at.Unix())/3000)
		return object{"t": at.UnixMilli(), "versions": []object{
			{"seq": v, "version": fmt.Sprint(v), "calls": int(seconds * 900 * wave), "failed": int(seconds * float64(v%7)), "p50": 900e3 + 1e3*v, "p99": 4e6 * (1 + wave)},
			{"seq": v + 1, "version": fmt.Sprint(v + 1), "calls": int(seconds * 50), "p50": 1100e3, "p99": 5e6},
		}}
	}
	m.versions = func() object {
		list := []object{}
		for v := 1; v <= manyVersions; v++ {
			state := "unloaded"
			if v == manyVersions {
				state = "serving"
			}
			list = append(list, object{"seq": v, "version": fmt.Sprint(v), "file": fmt.Sprintf("libmany.v%d.so", v), "state": state,
				"since": came(v), "calls": time.Now().Unix() % 100000, "errors": v, "in_flight": 0})
		}
		return object{"name": "many", "serving": fmt.Sprint(manyVersions), "versions": list}
	}
	for v := 1; v <= manyVersions; v++ {
		m.events = append(m.events, object{"time": came(v), "version": fmt.Sprint(v), "state": "serving"})
	}
	return m
}

// While somebody moves the mouse over a day with 200 versions, all of them in the table, scrolls and changes the
// range, the page keeps up.
func TestManyVersionsStaySmooth(t *testing.T) {
	b := newBrowser(t)
	s := many().start(t)
	b.screen(1280, 900, "light")
	b.do(chromedp.Navigate(s.URL))
	b.shows("#versions-more", "200 versions")
	b.click("#versions-more")
	require.Eventually(t, func() bool { return eval[int](b, `document.querySelectorAll("#versions tr").length`) == manyVersions }, patience, 50*time.Millisecond)
	// What the page's thread has worked: on a busy machine, frames come late for other reasons.
	call(b, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
	worked := func() (seconds float64) {
		for _, m := range call(b, performance.GetMetrics, cdp.Empty{}).Metrics {
			if m.Name == "TaskDuration" {
				seconds = m.Value
			}
		}
		return seconds
	}
	before := worked()
	type pace struct{ Frames, Seconds, Longest float64 }
	p := eval[pace](b, `new Promise((done) => {
		const canvas = document.getElementById("canvas");
		const ranges = [...document.querySelectorAll('input[name="range"]')];
		const begin = performance.now();
		let frames = 0, last = begin, longest = 0;
		const step = (now) => {
			frames++;
			longest = Math.max(longest, now - last);
			last = now;
			const box = canvas.getBoundingClientRect();
			canvas.dispatchEvent(new PointerEvent("pointermove", { clientX: box.left + 60 + (frames * 7) % (box.width - 80), clientY: box.top + 50, bubbles: true }));
			scrollTo(0, (frames * 9) % 2000);
			if (frames % 30 === 0) ranges[(frames / 30) % 3].click();
			if (now - begin < 3000) requestAnimationFrame(step);
			else done({ Frames: frames, Seconds: (now - begin) / 1000, Longest: longest });
		};
		requestAnimationFrame(step);
	})`)
	perFrame := (worked() - before) / p.Frames
	fmt.Printf("%d versions, 24 h: %.0f frames a second, the longest took %.0f ms; %.1f ms of work for a frame\n",
		manyVersions, p.Frames/p.Seconds, p.Longest, perFrame*1000)
	assert.Positive(t, perFrame)
	assert.Less(t, perFrame, 1.0/20, "seconds")
	b.clean(s.URL)
}
