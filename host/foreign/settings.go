package foreign

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/bridge"
	"github.com/hotso/hotso/host/internal/invoke"
)

// settings are what a slot or library is made with.
type settings struct {
	mu     sync.Mutex
	values map[string][]string // those that were set; the last counts, or all do
	given  []host.Option       // functions that are provided
}

// A setting checks a text and makes an option of it.
type setting func(text string) (host.Option, error)

// byName are the settings that are one option each. Those with nil belong to others, see options.
var byName = map[string]setting{
	"allow_downgrade":  toggle(host.AllowDowngrade),
	"allow_unsealed":   toggle(host.AllowUnsealed),
	"blue_green":       duration(host.BlueGreen),
	"call_timeout":     duration(host.CallTimeout),
	"cancel_grace":     duration(host.CancelGrace),
	"check_file_name":  toggle(host.CheckFileName),
	"drain_timeout":    duration(host.DrainTimeout),
	"environ":          environ,
	"exclusive":        toggle(host.Exclusive),
	"force_unload":     toggle(host.ForceUnload),
	"handover_timeout": duration(host.HandoverTimeout),
	"health_timeout":   duration(host.HealthTimeout),
	"kill_hung":        toggle(host.KillHung),
	"max_procs":        between(0, maxProcs, func(n int) host.Option { return host.MaxProcs(n) }),
	"memory_limit":     count(func(n int) host.Option { return host.MemoryLimit(int64(n)) }),
	"on_disk":          func(dir string) (host.Option, error) { return host.OnDisk(dir), nil },
	"reclaim_c":        toggle(host.ReclaimC),
	"refuse_conflicts": toggle(host.RefuseConflicts),
	"start_timeout":    duration(host.StartTimeout),
	"stop_timeout":     duration(host.StopTimeout),
	"takeover_timeout": duration(host.TakeoverTimeout),

	"crash_limit":    between(1, math.MaxInt, nil),
	"crash_window":   duration(nil),
	"event_queue":    count(nil),
	"log_level":      logLevel,
	"max_calls":      count(nil),
	"max_calls_wait": duration(nil),
	"probation":      duration(nil),
	"rule_calls":     count(nil),
	"rule_errors":    share,
	"rule_health":    duration(nil),
	"trust_key":      publicKey,
}

func toggle(o func() host.Option) setting {
	return func(text string) (host.Option, error) {
		switch text {
		case "true":
			return o(), nil
		case "false":
			return nil, nil
		}
		return nil, errors.New(`it is "true" or "false"`)
	}
}

func duration(o func(time.Duration) host.Option) setting {
	return func(text string) (host.Option, error) {
		d, err := time.ParseDuration(text)
		switch {
		case err != nil, d < 0:
			return nil, errors.New(`it is a time such as "1.5s" or "250ms"`)
		case o == nil:
			return nil, nil
		}
		return o(d), nil
	}
}

// maxProcs is far more than any machine has. A runtime takes memory for each, and time to begin with it.
const maxProcs = 4096

func count(o func(int) host.Option) setting { return between(0, math.MaxInt, o) }

func between(least, most int, o func(int) host.Option) setting {
	return func(text string) (host.Option, error) {
		n, err := strconv.Atoi(text)
		switch {
		case err != nil, n < 0:
			return nil, errors.New("it is a whole number")
		case n < least:
			return nil, fmt.Errorf("it is at least %d", least)
		case n > most:
			return nil, fmt.Errorf("it is at most %d", most)
		case o == nil:
			return nil, nil
		}
		return o(n), nil
	}
}

func environ(text string) (host.Option, error) {
	if name, _, _ := strings.Cut(text, "="); name == "" {
		return nil, errors.New("it is NAME=value, or NAME")
	}
	return host.Environ(text), nil
}

func share(text string) (host.Option, error) {
	if f, err := strconv.ParseFloat(text, 64); err != nil || !(f >= 0 && f <= 1) {
		return nil, errors.New("it is a number between 0 and 1")
	}
	return nil, nil
}

func logLevel(text string) (host.Option, error) {
	_, err := parseLevel(text)
	return nil, err
}

func parseLevel(text string) (slog.Level, error) {
	if n, err := strconv.Atoi(text); err == nil {
		return slog.Level(n), nil
	}
	var l slog.Level
	if l.UnmarshalText([]byte(text)) != nil {
		return 0, errors.New(`it is "debug", "info", "warn", "error" or a number`)
	}
	return l, nil
}

func publicKey(text string) (host.Option, error) {
	_, err := host.ParsePublicKey(text)
	return nil, err
}

// all are the settings of which every value counts.
var all = map[string]bool{"environ": true, "trust_key": true}

// NewSettings returns the handle of settings that are all defaults.
func NewSettings() Handle {
	return handles.add(&settings{values: map[string][]string{}})
}

// SettingsSet sets one by its name.
func SettingsSet(h Handle, name, value string) error {
	s, err := lookup[*settings](h)
	if err != nil {
		return err
	}
	check, ok := byName[name]
	if !ok {
		return fmt.Errorf("%w: there is no setting %q, but %s", host.ErrArgument, name,
			strings.Join(slices.Sorted(maps.Keys(byName)), ", "))
	}
	if _, err := check(value); err != nil {
		return fmt.Errorf("%w: setting %s: %q: %w", host.ErrArgument, name, value, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !all[name] {
		s.values[name] = nil
	}
	s.values[name] = append(s.values[name], value)
	return nil
}

// SettingsProvide offers libraries a function under a name.
func SettingsProvide(h Handle, name, signature string, f Callback) error {
	s, err := lookup[*settings](h)
	if err != nil {
		return err
	}
	imp, err := importOf(name, signature, f)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.given = append(s.given, bridge.Provide(imp).(host.Option))
	return nil
}

func importOf(name, signature string, f Callback) (*invoke.Import, error) {
	sig, err := parseSignature(signature)
	if err != nil {
		return nil, err
	}
	if len(sig.Params) > maxCallbackParams {
		return nil, fmt.Errorf("%w: %s has more than %d parameters: they go into a struct", host.ErrArgument, signature, maxCallbackParams)
	}
	if sig.Result == abi.CString || sig.Result == abi.Stream {
		return nil, fmt.Errorf("%w: %s: a function of the host's has no %s", host.ErrArgument, signature, sig.Result)
	}
	return invoke.ImportWire(name, sig, wired(sig, f)), nil
}

// maxCallbackParams is how many package cabi's Host3 and Callback3 have.
const maxCallbackParams = 3

// options of a handle of settings, or of none if it is 0. For a slot, q is its queue.
func options(h Handle, q *queue) ([]host.Option, error) {
	if h == 0 {
		return nil, nil
	}
	s, err := lookup[*settings](h)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	opts := slices.Clone(s.given)
	for _, name := range slices.Sorted(maps.Keys(s.values)) {
		for _, value := range s.values[name] {
			if o, _ := byName[name](value); o != nil {
				opts = append(opts, o)
			}
		}
	}
	if s.has("crash_limit", "crash_window") {
		opts = append(opts, host.CrashLimit(s.count("crash_limit", host.DefaultCrashLimit),
			s.duration("crash_window", host.DefaultCrashWindow)))
	}
	if s.has("max_calls", "max_calls_wait") {
		opts = append(opts, host.MaxCalls(s.count("max_calls", host.DefaultMaxCalls),
			s.duration("max_calls_wait", host.DefaultMaxCallsWait)))
	}
	if s.has("probation", "rule_calls", "rule_errors", "rule_health") {
		errors, _ := strconv.ParseFloat(s.last("rule_errors"), 64)
		opts = append(opts, host.Probation(s.duration("probation", 0), host.Rule{Errors: errors,
			Calls: int64(s.count("rule_calls", 0)), Health: s.duration("rule_health", 0)}))
	}
	if s.has("trust_key") {
		for _, text := range s.values["trust_key"] {
			key, _ := host.ParsePublicKey(text)
			opts = append(opts, host.TrustKeys(key))
		}
	}
	if q != nil {
		q.capacity = max(s.count("event_queue", defaultQueue), 1)
		if s.has("log_level") {
			level, _ := parseLevel(s.last("log_level"))
			opts = append(opts, host.WithLogger(slog.New(&logHandler{queue: q, level: level})))
		}
	}
	return opts, nil
}

func (s *settings) has(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return len(s.values[name]) > 0 })
}

func (s *settings) last(name string) string {
	if !s.has(name) {
		return ""
	}
	return s.values[name][len(s.values[name])-1]
}

// count and duration are those of a value that was checked when it was set.
func (s *settings) count(name string, or int) int {
	if !s.has(name) {
		return or
	}
	n, _ := strconv.Atoi(s.last(name))
	return n
}

func (s *settings) duration(name string, or time.Duration) time.Duration {
	if !s.has(name) {
		return or
	}
	d, _ := time.ParseDuration(s.last(name))
	return d
}
