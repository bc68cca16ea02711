package judge_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/cmd/hotso/internal/judge"
	"github.com/hotso/hotso/host/internal/plan"
)

const patience = time.Minute

// A fakeHost has the metrics of hosts, with made-up values.
type fakeHost struct {
	mu       sync.Mutex
	registry *prometheus.Registry // nil: it is down
	calls    *prometheus.CounterVec
	failures *prometheus.CounterVec
	faults   *prometheus.CounterVec
	info     *prometheus.GaugeVec
	took     *prometheus.HistogramVec
}

// start begins anew: all counters are at 0.
func (h *fakeHost) start(position float64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	counter := func(name string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name}, append([]string{"library", "version"}, labels...))
	}
	h.registry = prometheus.NewRegistry()
	h.calls, h.failures, h.faults = counter("hotso_calls_total"), counter("hotso_call_failures_total", "kind"), counter("hotso_version_failures_total", "kind")
	h.info = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "hotso_version_info"}, []string{"library", "version", "state", "file"})
	h.took = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "hotso_call_duration_seconds", NativeHistogramBucketFactor: 1.1,
		Buckets: prometheus.ExponentialBuckets(1e-3, 2, 12)}, []string{"library", "version"})
	at := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "hotso_channel_position_ratio"}, []string{"library", "version"})
	at.WithLabelValues("greeter", "2").Set(position)
	h.registry.MustRegister(h.calls, h.failures, h.faults, h.info, h.took, at)
}

func (h *fakeHost) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.registry = nil
}

// is puts a version into a state.
func (h *fakeHost) is(version, state string) {
	h.info.DeletePartialMatch(prometheus.Labels{"version": version})
	h.info.WithLabelValues("greeter", version, state, version+".so").Set(1)
	for _, kind := range []string{"refused", "failed", "crashed"} {
		h.faults.WithLabelValues("greeter", version, kind)
	}
}

// called has calls, of which some failed, all of which took that long.
func (h *fakeHost) called(version string, calls, failed int, took time.Duration) {
	h.calls.WithLabelValues("greeter", version).Add(float64(calls))
	h.failures.WithLabelValues("greeter", version, "error").Add(float64(failed))
	h.failures.WithLabelValues("greeter", version, "too_many_calls").Add(float64(calls))
	for range calls {
		h.took.WithLabelValues("greeter", version).Observe(took.Seconds())
	}
}

func (h *fakeHost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	registry := h.registry
	h.mu.Unlock()
	if registry == nil {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

// What hosts report is what the judge knows, by a real Prometheus: with native histograms, and with classic ones.
func TestPrometheus(t *testing.T) {
	if testing.Short() {
		t.Skip("a Prometheus takes some seconds")
	}
	if _, err := exec.LookPath("prometheus"); err != nil {
		t.Skip("the Debian package prometheus is not installed: ", err)
	}
	for _, kind := range []string{"native", "classic"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel() // they wait for their clocks
			testPrometheus(t, kind)
		})
	}
}

func testPrometheus(t *testing.T, kind string) {
	hosts := map[string]*fakeHost{}
	mux := http.NewServeMux()
	for name, position := range map[string]float64{"a": 0.005, "b": 0.05, "c": 0.5, "d": 0.9, "other": 0} {
		h := &fakeHost{}
		h.start(position)
		h.is("1", "serving")
		h.called("1", 10_000, 5_000, 10*time.Millisecond) // before the step, so it does not count
		hosts[name] = h
		mux.Handle("/"+name, h)
	}
	hosts["other"].is("2", "failed") // of another channel
	hosts["other"].called("2", 10_000, 10_000, time.Second)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p := newPlan(t, "error ratio < 2%", "p99 < 2x", "crashes < 1", `query(sum(increase(hotso_calls_total{version="$version",library="$library",$selector}[$window]))) < 1e9 or 1x`)
	p.Prometheus, p.Selector, p.Bake = startPrometheus(t, strings.TrimPrefix(server.URL, "http://"), kind), `job="shop"`, plan.Duration(2*time.Second)

	p.Since = time.Now()
	now := time.Now
	ask := judge.Prometheus("", direct)
	var f judge.Facts
	until := func(what string, is func() bool) {
		t.Helper()
		require.Eventually(t, func() bool {
			f = ask(t.Context(), p, now())
			return is()
		}, patience, 100*time.Millisecond, "%s: %+v", what, &f)
	}
	until("it knows all hosts", func() bool { return f.Known == 4 && f.Told == 4 })
	p.Since = time.Now() // what was before is known
	until("before any has it", func() bool { return f.Share == 2 && f.Serves == 0 && f.AllFor < 0 && f.MostFor < 0 && f.Err == nil })
	assert.Empty(t, f.Failed)
	assert.Zero(t, f.Calls)
	assert.Equal(t, plan.Wait, judge.Judge(p, f, p.Since.Add(time.Hour)).What)

	// The first of two. What its first scrape has counts.
	hosts["a"].is("2", "canary")
	hosts["a"].called("2", 1000, 10, 10*time.Millisecond)
	until("its calls", func() bool { return f.Serves == 1 && f.Calls == 1000 && f.Results[0].Err == nil })
	assert.InDelta(t, 0.01, f.Results[0].Value, 1e-9)
	assert.Negative(t, f.AllFor)
	assert.Negative(t, f.MostFor)

	hosts["b"].is("2", "serving")
	hosts["b"].called("2", 1000, 10, 10*time.Millisecond)
	hosts["c"].is("2", "serving") // by hand
	begun := time.Now()
	until("both", func() bool { return f.Serves == 2 && f.AllFor > time.Second && f.MostFor >= f.AllFor })
	assert.LessOrEqual(t, f.AllFor, time.Since(begun)+time.Second)
	ofA := 1000.0
	until("latencies of both versions", func() bool {
		hosts["a"].called("2", 10, 0, 10*time.Millisecond)
		ofA += 10
		hosts["d"].called("1", 100, 0, 10*time.Millisecond)
		return f.Results[1].Err == nil && f.Results[1].Base < 0.1 && f.Results[3].Err == nil // NaN is not
	})
	assert.InDelta(t, 0.01, f.Results[1].Value, 0.007, "by the width of a classic bucket")
	assert.InDelta(t, f.Results[1].Value, f.Results[1].Base, 1e-3)
	assert.Zero(t, f.Results[2].Value)
	until("it goes on", func() bool { return judge.Judge(p, f, now()).What == plan.Advance })

	// One of them is restarted: its counters begin anew, and what they had is lost.
	hosts["b"].start(0.05)
	hosts["b"].is("2", "serving")
	hosts["b"].called("2", 100, 0, 10*time.Millisecond)
	until("a reset", func() bool { return f.Calls == ofA+100 })
	assert.Empty(t, f.Failed)

	hosts["b"].faults.WithLabelValues("greeter", "2", "crashed").Inc() // and it serves on, in another life
	until("a crash", func() bool { return len(f.Failed) == 1 && f.Results[2].Value == 1 })
	assert.Equal(t, []string{"b"}, f.Failed)
	hosts["a"].is("2", "failed")
	until("a state", func() bool { return len(f.Failed) == 2 && f.Serves == 1 })
	v := judge.Judge(p, f, now())
	assert.Equal(t, plan.Abort, v.What)
	assert.Contains(t, v.Why, "v2 failed: on 2 hosts (a, b)")

	// In the next try that is over.
	hosts["a"].is("2", "serving")
	until("it serves again", func() bool { return f.Serves == 2 })
	time.Sleep(3 * time.Second) // what the registry's clock may lack counts to the step
	p.Since = time.Now()
	until("a new step", func() bool { return f.Serves == 2 && f.Err == nil })
	assert.Empty(t, f.Failed)
	hosts["a"].stop()
	until("one is gone", func() bool { return f.Gone == 1 && f.Share == 1 && f.Serves == 1 && f.Known == 3 })
}

// startPrometheus starts one that scrapes the hosts of the server, and returns its URL.
func startPrometheus(t *testing.T, address, histograms string) string {
	dir := t.TempDir()
	conf := "global: {scrape_interval: 250ms, scrape_timeout: 250ms}\nscrape_configs:\n"
	for job, hosts := range map[string]string{"shop": "abcd", "elsewhere": "other"} {
		conf += fmt.Sprintf("- job_name: %s\n  static_configs:\n", job)
		names := strings.Split(hosts, "")
		if job != "shop" {
			names = []string{hosts}
		}
		for _, name := range names {
			conf += fmt.Sprintf("  - {targets: [%q], labels: {instance: %s, __metrics_path__: /%s}}\n", address, name, name)
		}
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "conf.yml"), []byte(conf), 0o600))
	l, err := net.Listen("tcp", "127.0.0.1:0") // for a port that is free
	require.NoError(t, err)
	listen := l.Addr().String()
	require.NoError(t, l.Close())
	args := []string{"--config.file=conf.yml", "--storage.tsdb.path=data", "--web.listen-address=" + listen, "--log.level=error"}
	if histograms == "native" {
		args = append(args, "--enable-feature=native-histograms")
	}
	cmd := exec.Command("prometheus", args...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return "http://" + listen
}
