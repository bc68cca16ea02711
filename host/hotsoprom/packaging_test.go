package hotsoprom_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/docs"
	"github.com/hotso/hotso/host/internal/libtest"
)

// What operators get with hotso: rules and a dashboard.
const (
	rules     = "../../packaging/prometheus"
	dashboard = "../../packaging/grafana/hotso.json"
)

// promtool runs it in the directory of the rules, or skips the test.
func promtool(t *testing.T, args ...string) {
	path, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool of the Debian package prometheus is not installed: ", err)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = rules
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", said)
}

func TestAlerts(t *testing.T) {
	promtool(t, "check", "rules", "records.yml", "alerts.yml")
	promtool(t, "test", "rules", "alerts_test.yml")
}

// Each alert has a test of its own, and a section of docs/metrics.md that says what to do.
func TestRunbook(t *testing.T) {
	alerts, err := os.ReadFile(filepath.Join(rules, "alerts.yml"))
	require.NoError(t, err)
	tests, err := os.ReadFile(filepath.Join(rules, "alerts_test.yml"))
	require.NoError(t, err)
	page, err := docs.Files.ReadFile("metrics.md")
	require.NoError(t, err)
	sections := map[string]bool{}
	for _, title := range regexp.MustCompile(`(?m)^###? (.*)$`).FindAllStringSubmatch(string(page), -1) {
		sections[strings.ReplaceAll(strings.ToLower(title[1]), " ", "-")] = true
	}
	found := regexp.MustCompile(`(?s)alert: (\w+).*?runbook: docs/metrics.md#(\S+)`).FindAllStringSubmatch(string(alerts), -1)
	require.Len(t, found, strings.Count(string(alerts), "alert: "))
	for _, a := range found {
		assert.True(t, sections[a[2]], "docs/metrics.md has no section %q, for %s", a[2], a[1])
		assert.Regexp(t, "alertname: "+a[1]+"\n *exp_alerts", string(tests), "it fires")
		assert.Contains(t, string(tests), "alertname: "+a[1]+"}", "and it does not fire")
	}
	for _, name := range metricNames(string(alerts)) {
		assert.Contains(t, string(page), "| `"+name+"` |")
	}
}

// Each disaster names a test that there is.
func TestDisasters(t *testing.T) {
	page, err := docs.Files.ReadFile("metrics.md")
	require.NoError(t, err)
	root, err := libtest.Root()
	require.NoError(t, err)
	var all strings.Builder
	for _, dir := range []string{"host", "host/cmd/hotso", "host/cmd/hotso/internal/server"} {
		files, err := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
		require.NoError(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			all.Write(text)
		}
	}
	named := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(string(page), -1)
	assert.Greater(t, len(named), 10)
	for _, test := range named {
		assert.Contains(t, all.String(), "\nfunc "+test[1]+"(t ")
	}
}

// metricNames are those of metrics in a text.
func metricNames(text string) (names []string) {
	for _, n := range regexp.MustCompile(`(?m)(?:^|[^\w:])(hotso_\w+)`).FindAllStringSubmatch(text, -1) {
		names = append(names, strings.TrimSuffix(n[1], "_bucket"))
	}
	return names
}

type panel struct {
	ID         int
	Type       string
	Title      string
	Datasource struct{ Type, UID string }
	GridPos    struct{ H, W, X, Y int }
	Targets    []struct {
		RefID      string
		Expr       string
		Datasource struct{ UID string }
	}
}

// The dashboard asks for its data source when it is imported, and asks that for what there is.
func TestDashboard(t *testing.T) {
	raw, err := os.ReadFile(dashboard)
	require.NoError(t, err)
	var d struct {
		Inputs        []struct{ Name, Type, PluginID string } `json:"__inputs"`
		Requires      []struct{ Type, ID string }             `json:"__requires"`
		Title, UID    string
		SchemaVersion int
		Templating    struct {
			List []struct{ Name, Definition string }
		}
		Annotations struct {
			List []struct{ Expr string }
		}
		Panels []panel
	}
	require.NoError(t, json.Unmarshal(raw, &d))
	require.Len(t, d.Inputs, 1)
	assert.Equal(t, "datasource prometheus", d.Inputs[0].Type+" "+d.Inputs[0].PluginID)
	assert.NotZero(t, d.SchemaVersion)
	uses := map[string]bool{"row": true}
	for _, r := range d.Requires {
		uses[r.ID] = true
	}
	var exprs []string
	for _, a := range d.Annotations.List {
		exprs = append(exprs, a.Expr)
	}
	ids, cells, rows := map[int]bool{}, map[[2]int]string{}, ""
	for _, p := range d.Panels {
		assert.False(t, ids[p.ID], "two panels have the id %d", p.ID)
		ids[p.ID] = true
		assert.True(t, uses[p.Type], "%s is not in __requires", p.Type)
		assert.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, p.Title)
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				cell := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				assert.Empty(t, cells[cell], "%s is above %s", p.Title, cells[cell])
				cells[cell] = p.Title
			}
		}
		if p.Type == "row" {
			rows += p.Title + "\n"
			continue
		}
		require.NotEmpty(t, p.Targets, p.Title)
		assert.Equal(t, "${"+d.Inputs[0].Name+"}", p.Datasource.UID, p.Title)
		for _, target := range p.Targets {
			assert.Equal(t, p.Datasource.UID, target.Datasource.UID, p.Title)
			exprs = append(exprs, target.Expr)
		}
	}
	for _, row := range []string{"Swaps", "Calls", "Errors", "Crashes and unloads"} {
		assert.Contains(t, rows, row)
	}
	page, err := docs.Files.ReadFile("metrics.md")
	require.NoError(t, err)
	for _, name := range metricNames(strings.Join(exprs, "\n")) {
		assert.Contains(t, string(page), "| `"+name+"` |")
	}

	// What Grafana puts in for its variables.
	var group strings.Builder
	group.WriteString("groups:\n- name: dashboard\n  rules:\n")
	for i, e := range exprs {
		quoted, err := json.Marshal(strings.ReplaceAll(e, "$__rate_interval", "1m"))
		require.NoError(t, err)
		fmt.Fprintf(&group, "  - record: expr:%d\n    expr: %s\n", i, quoted)
	}
	file := filepath.Join(t.TempDir(), "dashboard.yml")
	require.NoError(t, os.WriteFile(file, []byte(group.String()), 0o600))
	promtool(t, "check", "rules", file)
}
