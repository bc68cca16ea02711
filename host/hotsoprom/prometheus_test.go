package hotsoprom_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/hosttest"
)

// A Prometheus that asks for native histograms gets those, any other one classic ones; the quantiles are the same but for
// the width of a bucket. Rules and metrics fit.
func TestPrometheus(t *testing.T) {
	if testing.Short() {
		t.Skip("a Prometheus takes some seconds")
	}
	if _, err := exec.LookPath("prometheus"); err != nil {
		t.Skip("the Debian package prometheus is not installed: ", err)
	}
	slot := hosttest.New(t, library, host.MeasureCalls())
	server := httptest.NewServer(promhttp.HandlerFor(registry(t, slot), promhttp.HandlerOpts{}))
	t.Cleanup(server.Close)
	for _, kind := range []string{"native", "classic"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel() // they wait for their clocks
			ask := startPrometheus(t, strings.TrimPrefix(server.URL, "http://"), kind)
			const quantile = "library_version:hotso_call_duration_seconds:p99_rate5m"
			value := ""
			require.Eventually(t, func() bool {
				_, _ = slot.Call(t.Context(), "Doze")
				value = ask(quantile + " > 0.002 < 1") // 3 ms, and what the machine adds
				return strings.Contains(value, quantile)
			}, patience, 100*time.Millisecond, "%s", &value)
			assert.Equal(t, kind == "classic", strings.Contains(ask("hotso_call_duration_seconds_bucket"), "library"), "which histogram it has")
			assert.Contains(t, ask(`hotso_versions{state="serving"}`), `"hosttest"`)
		})
	}
}

// startPrometheus starts one for this test. What it returns asks it.
func startPrometheus(t *testing.T, target, histograms string) (ask func(query string) string) {
	dir := t.TempDir()
	absolute, err := filepath.Abs(rules)
	require.NoError(t, err)
	conf := fmt.Sprintf(`
global: {scrape_interval: 500ms, evaluation_interval: 500ms}
rule_files: [%q, %q]
scrape_configs: [{job_name: hotso, static_configs: [{targets: [%q]}]}]
`, filepath.Join(absolute, "records.yml"), filepath.Join(absolute, "alerts.yml"), target)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "conf.yml"), []byte(conf), 0o600))
	l, err := net.Listen("tcp", "127.0.0.1:0") // for a port that is free
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	args := []string{"--config.file=conf.yml", "--storage.tsdb.path=data", "--web.listen-address=" + address, "--log.level=error"}
	if histograms == "native" {
		args = append(args, "--enable-feature=native-histograms")
	}
	cmd := exec.Command("prometheus", args...)
	cmd.Dir = dir
	require.NoError(t, cmd.Start())
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return func(query string) string {
		r, err := client.Get("http://" + address + "/api/v1/query?query=" + url.QueryEscape(query))
		if err != nil {
			return err.Error()
		}
		defer r.Body.Close()
		text, _ := io.ReadAll(r.Body)
		return string(text)
	}
}
