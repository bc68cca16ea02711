package ociprom_test

import (
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/plan"
	"github.com/hotso/hotso/host/internal/registry"
	"github.com/hotso/hotso/host/internal/registrytest"
	"github.com/hotso/hotso/host/internal/sealedtest"
	"github.com/hotso/hotso/host/oci"
	"github.com/hotso/hotso/host/oci/ociprom"
)

func TestMain(m *testing.M) { libtest.Main(m) }

// The metrics say what a follower has found, and where its host stands while there is a rollout.
func TestCollector(t *testing.T) {
	r := registrytest.Start(t, registrytest.Options{})
	ref, err := registry.ParseReference(r.Host + "/greeter:stable")
	require.NoError(t, err)
	c, err := registry.New(ref, registry.Options{})
	require.NoError(t, err)
	defer c.Close()
	push := func(version string, tags ...string) *registry.Index {
		l, err := registry.OpenLocal(sealedtest.File(t, "greeter", version, 1000, uint64(version[0])))
		require.NoError(t, err)
		defer l.Close()
		i, err := c.Push(t.Context(), []*registry.Local{l}, tags, false, nil)
		require.NoError(t, err)
		return i
	}
	base, next := push("1", "stable"), push("2")
	f, err := oci.New(ref.String(), oci.WithCache(t.TempDir()), oci.WithHostID("a"))
	require.NoError(t, err)
	all := prometheus.NewPedanticRegistry()
	require.NoError(t, all.Register(ociprom.Collector(f)))
	found := func() {
		for e := range f.Events(t.Context()) {
			require.Equal(t, oci.Found, e.Kind, "%v", e.Err)
			break
		}
	}
	want := func(text string) {
		t.Helper()
		assert.NoError(t, testutil.GatherAndCompare(all, strings.NewReader(strings.ReplaceAll(text, "CHANNEL", ref.String())),
			"hotso_channel_info", "hotso_channel_lookups_total", "hotso_channel_downloads_total", "hotso_channel_position_ratio"))
	}
	const counts = `# HELP hotso_channel_lookups_total How often the registry was asked what the tag stands for.
# TYPE hotso_channel_lookups_total counter
hotso_channel_lookups_total{channel="CHANNEL",outcome="answered"} %
hotso_channel_lookups_total{channel="CHANNEL",outcome="failed"} 0
# HELP hotso_channel_downloads_total Files that were downloaded.
# TYPE hotso_channel_downloads_total counter
hotso_channel_downloads_total{channel="CHANNEL"} %
`
	const info = `# HELP hotso_channel_info Always 1: the version that is to run on this host.
# TYPE hotso_channel_info gauge
hotso_channel_info{channel="CHANNEL",library="greeter",version="1"} 1
`
	want(strings.ReplaceAll(counts, "%", "0"))
	found()
	want(strings.ReplaceAll(counts, "%", "1") + info)

	p, err := plan.New(plan.Plan{Library: "greeter", Version: "2", Base: "1", Steps: []float64{0.001, 100}}, plan.Decision{Time: c.Now()})
	require.NoError(t, err)
	i, err := registry.Begin(base, next, p)
	require.NoError(t, err)
	require.NoError(t, c.Move(t.Context(), "stable", base.Descriptor.Digest.String(), i))
	found()
	n, err := testutil.GatherAndCount(all, "hotso_channel_position_ratio", "hotso_channel_seen_timestamp_seconds")
	require.NoError(t, err)
	assert.Equal(t, 2, n)
}

// Each metric has its row in the documentation.
func TestDocumented(t *testing.T) {
	page, err := os.ReadFile("../../../docs/metrics.md")
	require.NoError(t, err)
	descs := make(chan *prometheus.Desc, 100)
	ociprom.Collector().Describe(descs)
	close(descs)
	n := 0
	for d := range descs {
		_, name, _ := strings.Cut(d.String(), `fqName: "`)
		name, _, _ = strings.Cut(name, `"`)
		assert.Contains(t, string(page), "\n| `"+name+"` |")
		n++
	}
	assert.Equal(t, n, strings.Count(string(page), "\n| `hotso_channel_"))
}
