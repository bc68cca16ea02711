package page

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
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

type object = map[string]any

// made is a server that has had 200 versions in a day, with calls all the time. It answers with the page's own
// files.
func made(t *testing.T) *httptest.Server {
	begin := time.Now().Add(-day)
	versionAt := func(at time.Time) int { return min(manyVersions, 1+int(at.Sub(begin)*manyVersions/day)) }
	sample := func(at time.Time, step float64) object {
		v := versionAt(at)
		wave := 1 + math.Sin(float64(at.Unix())/3000)
		return object{"t": at.UnixMilli(), "versions": []object{
			{"seq": v, "version": fmt.Sprint(v), "calls": int(step * 900 * wave), "failed": int(step * float64(v%7)), "p50": 900e3 + 1e3*v, "p99": 4e6 * (1 + wave)},
			{"seq": v + 1, "version": fmt.Sprint(v + 1), "calls": int(step * 50), "p50": 1100e3, "p99": 5e6},
		}}
	}
	answer := func(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }
	mux := http.NewServeMux()
	files := filepath.Join("..", "..", "host", "cmd", "hotso", "internal", "page", "static")
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, filepath.Join(files, "index.html")) })
	mux.Handle("GET /page/", http.StripPrefix("/page/", http.FileServer(http.Dir(files))))
	mux.HandleFunc("GET /libraries", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, []object{{"name": "many", "state": "serving", "serving": "200"}})
	})
	mux.HandleFunc("GET /inflight/many", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, object{"name": "many", "total": 0, "calls": []object{}})
	})
	mux.HandleFunc("GET /versions/many", func(w http.ResponseWriter, _ *http.Request) {
		list := []object{}
		for v := range manyVersions {
			state := "unloaded"
			if v == manyVersions-1 {
				state = "serving"
			}
			list = append(list, object{"seq": v + 1, "version": fmt.Sprint(v + 1), "file": fmt.Sprintf("libmany.v%d.so", v+1), "state": state,
				"since": begin.Add(time.Duration(v) * day / manyVersions), "calls": time.Now().Unix() % 100000, "errors": v, "in_flight": 0})
		}
		answer(w, object{"name": "many", "serving": "200", "versions": list})
	})
	mux.HandleFunc("GET /history/many", func(w http.ResponseWriter, r *http.Request) {
		var since int64
		_, _ = fmt.Sscan(r.FormValue("since"), &since)
		step, kept := time.Second, time.Hour
		if r.FormValue("step") == "30" {
			step, kept = 30*time.Second, day
		}
		now := time.Now()
		samples := []object{}
		for at := now.Add(-kept).Truncate(step); at.Before(now); at = at.Add(step) {
			if at.UnixMilli() > since {
				samples = append(samples, sample(at, step.Seconds()))
			}
		}
		answer(w, object{"name": "many", "now": now.UnixMilli(), "samples": samples})
	})
	mux.HandleFunc("GET /events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for v := range manyVersions {
			b, _ := json.Marshal(object{"id": v + 1, "time": begin.Add(time.Duration(v) * day / manyVersions), "name": "many", "version": fmt.Sprint(v + 1), "state": "serving"})
			fmt.Fprintf(w, "event: serving\ndata: %s\n\n", b)
		}
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	s := httptest.NewServer(mux)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

// While somebody moves the mouse over a day with 200 versions, all of them in the table, scrolls and changes the
// range, the page keeps up.
func TestManyVersionsStaySmooth(t *testing.T) {
	b := newBrowser(t)
	s := made(t)
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

// What is sent to a browser for the page.
func TestPageIsSmall(t *testing.T) {
	files, err := filepath.Glob("../../host/cmd/hotso/internal/page/static/*")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	sum := 0
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		sum += len(b)
		for _, sign := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "http://", "//cdn", "style="} {
			if strings.Contains(strings.ReplaceAll(string(b), "http://www.w3.org/2000/svg", ""), sign) {
				t.Errorf("%s has %s", f, sign)
			}
		}
	}
	assert.Less(t, sum, 200_000)
	fmt.Printf("%d files, %d bytes\n", len(files), sum)
}
