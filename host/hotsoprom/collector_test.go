package hotsoprom_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/docs"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/hosttest"
	"github.com/hotso/hotso/host/hotsoprom"
	"github.com/hotso/hotso/host/internal/libtest"
)

const patience = time.Minute

var library = map[string]any{
	"Add":  func(a, b int32) int32 { return a + b },
	"Fail": func() error { return errors.New("no") },
	"Doze": func() int64 { time.Sleep(3 * time.Millisecond); return 0 },
}

// registry has the metrics of slots.
func registry(t *testing.T, slots ...*host.Slot) *prometheus.Registry {
	r := prometheus.NewPedanticRegistry()
	require.NoError(t, r.Register(hotsoprom.Collector(slots...)))
	return r
}

// values are those of one metric, by labels but for the library's.
func values(t *testing.T, r *prometheus.Registry, name string) map[string]*dto.Metric {
	families, err := r.Gather()
	require.NoError(t, err)
	found := map[string]*dto.Metric{}
	for _, f := range families {
		for _, m := range f.Metric {
			labels := ""
			for _, l := range m.Label {
				if l.GetName() != "library" {
					labels += fmt.Sprintf("%s=%s ", l.GetName(), l.GetValue())
				}
			}
			if f.GetName() == name {
				found[labels] = m
			}
		}
	}
	return found
}

func TestCollector(t *testing.T) {
	slot := hosttest.New(t, library, host.MeasureCalls())
	r := registry(t, slot)
	call := func(name string, args ...any) { _, _ = slot.Call(t.Context(), name, args...) }
	call("Add", 1, 2)
	call("Fail")
	hosttest.Swap(t, slot, library)
	call("Add", 1, 2)
	hosttest.Crash(t, slot, "out of luck")
	call("Add", 1, 2) // of v1 again, and of another life of it
	require.Eventually(t, func() bool { return slot.Figures().Reached[host.Unloaded] == 2 }, patience, time.Millisecond)
	_, err := slot.Swap(t.Context(), "libhosttest.v9.so")
	require.ErrorIs(t, err, host.ErrNotFound)

	counter := func(name, labels string) float64 { return values(t, r, name)[labels].GetCounter().GetValue() }
	gauge := func(name, labels string) float64 { return values(t, r, name)[labels].GetGauge().GetValue() }
	assert.Equal(t, 3.0, counter("hotso_calls_total", "version=1 "), "of both lives")
	assert.Equal(t, 1.0, counter("hotso_calls_total", "version=2 "))
	assert.Equal(t, 1.0, counter("hotso_call_failures_total", "kind=error version=1 "))
	assert.Len(t, values(t, r, "hotso_call_failures_total"), 10, "also those that did not come yet")
	assert.Equal(t, 2.0, counter("hotso_deployments_total", "outcome=swapped "))
	assert.Equal(t, 1.0, counter("hotso_deployments_total", "outcome=recovered "))
	assert.Equal(t, 1.0, counter("hotso_refusals_total", "reason=not-found "))
	assert.Equal(t, 1.0, counter("hotso_crashes_total", "kind=panic "))
	assert.Equal(t, 1.0, gauge("hotso_versions", "state=serving "))
	assert.Equal(t, 1.0, gauge("hotso_version_share_ratio", "version=1 "))
	assert.Len(t, values(t, r, "hotso_version_share_ratio"), 1, "of what is in the process")
	assert.Equal(t, uint64(2), values(t, r, "hotso_unload_duration_seconds")[""].GetHistogram().GetSampleCount())
}

// What went wrong with a version counts on, also when the version is loaded again, which its state does not tell.
func TestVersionFailures(t *testing.T) {
	slot := hosttest.New(t, library, host.Probation(time.Hour, host.Rule{}))
	r := registry(t, slot)
	faults := func(version, kind string) float64 {
		return values(t, r, "hotso_version_failures_total")["kind="+kind+" version="+version+" "].GetCounter().GetValue()
	}
	hosttest.Crash(t, slot, "out of luck") // and it is loaded again
	require.Eventually(t, func() bool { return slot.Figures().Reached[host.Serving] == 2 }, patience, time.Millisecond)
	assert.Equal(t, 1.0, faults("1", "crashed"))

	hosttest.Swap(t, slot, library)
	assert.Contains(t, values(t, r, "hotso_version_failures_total"), "kind=failed version=2 ", "its first time is an increase")
	_, err := slot.Rollback(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1.0, faults("2", "failed"))
	hosttest.Swap(t, slot, library)
	hosttest.Crash(t, slot, "out of luck")
	require.Eventually(t, func() bool { return faults("3", "crashed") == 1 && faults("3", "failed") == 1 }, patience, time.Millisecond)
	_, err = slot.SwapTo(t.Context(), hosttest.Version(t, slot, "4", library, host.Hooks{Start: func(context.Context) error { return errors.New("not today") }}))
	require.ErrorIs(t, err, host.ErrStart)
	assert.Equal(t, 1.0, faults("4", "failed"))
	assert.Equal(t, 1.0, faults("1", "crashed"), "of its first life")
	assert.Zero(t, faults("1", "failed"))
}

// A time is in one bucket of the native histogram, and in those of the classic one that are above it.
func TestHistograms(t *testing.T) {
	slot := hosttest.New(t, library, host.MeasureCalls())
	_, err := slot.Call(t.Context(), "Doze")
	require.NoError(t, err)
	h := values(t, registry(t, slot), "hotso_call_duration_seconds")["version=1 "].GetHistogram()
	require.NotNil(t, h)
	took := h.GetSampleSum()
	assert.GreaterOrEqual(t, took, 0.003)

	require.Equal(t, int32(3), h.GetSchema())
	require.Len(t, h.PositiveSpan, 1)
	upper := math.Exp2(float64(h.PositiveSpan[0].GetOffset()) / 8)
	assert.GreaterOrEqual(t, upper, took)
	assert.Less(t, upper/math.Exp2(1.0/8), took)
	assert.Equal(t, []int64{1}, h.PositiveDelta)

	assert.Equal(t, 32.0, h.Bucket[len(h.Bucket)-1].GetUpperBound())
	for _, b := range h.Bucket {
		want := uint64(0)
		if b.GetUpperBound() >= upper {
			want = 1
		}
		assert.Equal(t, want, b.GetCumulativeCount(), "up to %v s", b.GetUpperBound())
	}
}

func TestTwoSlotsOfOneName(t *testing.T) {
	a, b := hosttest.New(t, library), hosttest.New(t, library)
	_, err := registry(t, a, b).Gather()
	require.ErrorContains(t, err, `two slots are called "hosttest": their metrics need another label`)

	r := prometheus.NewPedanticRegistry()
	for name, slot := range map[string]*host.Slot{"a": a, "b": b} {
		require.NoError(t, prometheus.WrapRegistererWith(prometheus.Labels{"slot": name}, r).Register(hotsoprom.Collector(slot)))
	}
	assert.Len(t, values(t, r, "hotso_calls_waiting"), 2)
}

// What is scraped as text is as Prometheus wants it: names, units, help, types.
func TestPromtool(t *testing.T) {
	promtool(t, "--version")
	slot := hosttest.New(t, library, host.MeasureCalls())
	_, _ = slot.Call(t.Context(), "Add", 1, 2)
	_, _ = slot.Swap(t.Context(), "libhosttest.v9.so")
	hosttest.Swap(t, slot, library)
	require.Eventually(t, func() bool { return slot.Figures().Unload.Count() == 1 }, patience, time.Millisecond)
	answer := httptest.NewRecorder()
	promhttp.HandlerFor(registry(t, slot), promhttp.HandlerOpts{}).ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	check := exec.Command("promtool", "check", "metrics")
	text := answer.Body.String()
	check.Stdin = answer.Body
	said, err := check.CombinedOutput()
	require.NoError(t, err, "%s", said)
	assert.Empty(t, string(said), "%s", text)
}

// No call is lost from the count, nor counted twice, while versions change and somebody scrapes.
func TestAMillionCalls(t *testing.T) {
	callers, each, swaps := 8, 125_000, 5
	if testing.Short() {
		each = 12_500 // with the race detector they take far longer
	}
	v1, v2 := libtest.Greeter(t, "1"), libtest.Greeter(t, "2")
	slot := host.NewSlot("greeter", host.MeasureCalls(), host.AllowDowngrade())
	defer slot.Close(context.Background())
	_, err := slot.Swap(t.Context(), v1)
	require.NoError(t, err)
	add, err := host.Func2[int32, int32, int32](slot, "Add")
	require.NoError(t, err)
	r := registry(t, slot)
	total := func() (sum float64) {
		for _, m := range values(t, r, "hotso_calls_total") {
			sum += m.GetCounter().GetValue()
		}
		return sum
	}

	var calling sync.WaitGroup
	for range callers {
		calling.Go(func() {
			for i := range int32(each) {
				if sum, err := add(context.Background(), i, 1); err != nil || sum != i+1 {
					t.Errorf("%d + 1 = %d, %v", i, sum, err)
					return
				}
			}
		})
	}
	seen := 0.0
	for i := range swaps {
		_, err := slot.Swap(t.Context(), []string{v2, v1}[i%2])
		require.NoError(t, err)
		now := total()
		assert.GreaterOrEqual(t, now, seen, "a counter never goes back")
		seen = now
	}
	calling.Wait()
	assert.Equal(t, float64(callers*each), total())
	assert.Len(t, values(t, r, "hotso_calls_total"), 2)
}

// docs/metrics.md has all metrics, and no others.
func TestDocumented(t *testing.T) {
	page, err := docs.Files.ReadFile("metrics.md")
	require.NoError(t, err)
	descs := make(chan *prometheus.Desc, 100)
	hotsoprom.Collector().Describe(descs)
	close(descs)
	names := map[string]bool{}
	for d := range descs {
		name := regexp.MustCompile(`fqName: "(\w+)"`).FindStringSubmatch(d.String())[1]
		assert.Contains(t, string(page), "\n| `"+name+"` |")
		names[name] = true
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `(hotso_\\w+)`").FindAllStringSubmatch(string(page), -1) {
		ofServe := strings.HasPrefix(row[1], "hotso_http_") || strings.HasPrefix(row[1], "hotso_channel_") || row[1] == "hotso_files_refused_total"
		assert.True(t, names[row[1]] || ofServe, row[1])
	}
}
