package foreign

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

func TestSettingsRefuse(t *testing.T) {
	h := NewSettings()
	defer func() { require.NoError(t, Release(h)) }()
	for name, bad := range map[string][]string{
		"exclusive": {"yes", "", "1"}, "drain_timeout": {"", "1", "-1s", "soon"}, "max_calls": {"", "-1", "1.5"},
		"rule_errors": {"-0.1", "1.1", "NaN", "x"}, "environ": {"", "=x"}, "log_level": {"loud"}, "trust_key": {"RW"},
		"no_such": {"1"}, "crash_limit": {"0"}, "max_procs": {"1000000"},
	} {
		for _, value := range bad {
			require.ErrorIs(t, SettingsSet(h, name, value), host.ErrArgument, "%s %q", name, value)
		}
	}
	f := func([]Value, *Value) int32 { return 0 }
	for _, signature := range []string{"", "int", "func(int)", "func(int8, int8, int8, int8)", "func() stream", "func() cstring"} {
		require.ErrorIs(t, SettingsProvide(h, "F", signature, f), host.ErrArgument, signature)
	}
}

// A setting does what its option does.
func TestSettingsReachTheSlot(t *testing.T) {
	h := NewSettings()
	for name, value := range map[string]string{
		"drain_timeout": "1s", "call_timeout": "30ms", "max_calls": "7", "max_calls_wait": "0s", "crash_limit": "9",
		"crash_window": "2m", "probation": "0s", "rule_calls": "3", "environ": "A=1", "log_level": "-4",
	} {
		require.NoError(t, SettingsSet(h, name, value), name)
	}
	s, err := SlotNew("slow", h)
	require.NoError(t, err)
	require.NoError(t, Release(h), "the slot has them")
	_, err = SlotSwap(s, libtest.Build(t, "slow", "1"), 0)
	require.NoError(t, err)
	ctx, cancel := Context(0, "")
	defer cancel()
	_, err = CallJSON(ctx, s, "Sleep", "[1000]")
	require.ErrorIs(t, err, host.ErrHung)
	assert.Equal(t, "hung", FaultOf(err).Status.String())
	report, err := Close(s, 10*time.Second)
	require.NoError(t, err)
	assert.Contains(t, string(report), "unloaded")
	require.NoError(t, Release(s))
}

func TestFaultSaysAllThatIsKnown(t *testing.T) {
	_, err := LibraryOpen("/no/such.so", 0, 0)
	f := FaultOf(err)
	assert.EqualValues(t, 1, f.Status)
	var d details
	require.NoError(t, json.Unmarshal(f.JSON, &d))
	assert.Equal(t, "not_found", d.Name)
	assert.Equal(t, "/no/such.so", d.File)
	assert.Equal(t, host.StepRead, d.Step)
	assert.False(t, strings.Contains(d.Text, "\n"))
	crash := &host.Crash{Library: "x", Version: "1", Kind: host.CrashExit, Code: 7}
	f = FaultOf(&host.Error{Name: "x", Step: host.StepStart, Reason: host.ErrStart, Cause: crash})
	assert.Equal(t, "start", f.Status.String(), "what it is, and not what has caused it")
	assert.Equal(t, 7, f.Code)
	f = FaultOf(&host.Error{Name: "x", Step: host.StepLoad, Reason: host.ErrLoad, Cause: fmt.Errorf("all 16: %w", host.ErrTooMany)})
	assert.Equal(t, "too_many", f.Status.String())
}
