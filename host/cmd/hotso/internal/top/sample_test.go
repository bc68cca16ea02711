package top

import (
	"context"
	"math"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/history"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) time.Time { return noon.Add(-d) }

// versionOf is a version as the server tells of it.
func versionOf(seq int64, version string, state host.State, since time.Duration, reason string) server.Version {
	v := server.Version{VersionInfo: host.VersionInfo{Seq: seq, Version: version, File: "build/libgreeter.v" + version + ".so", State: state,
		Since: ago(since), Calls: 1000 * seq, Errors: seq, Reason: reason}}
	if state == host.Serving {
		v.Share = 95
	}
	if state == host.Canary {
		v.Share = 5
	}
	return v
}

// wave is a minute and a half of calls of two versions, the second of which comes half a minute ago.
func wave() (samples []history.Sample) {
	for s := 90; s > 0; s-- {
		n := 1000 + int64(800*math.Sin(float64(s)/9))
		sample := history.Sample{Time: ago(time.Duration(s)*time.Second - 300*time.Millisecond).UnixMilli(), Versions: []history.Rate{
			{Seq: 2, Version: "2", Calls: n, InFlight: 3, P50: 12_000, P99: 80_000 + n*10},
		}}
		if s < 30 {
			sample.Versions = append(sample.Versions, history.Rate{Seq: 3, Version: "3", Calls: n / 20, Failed: n / 200, P50: 14_000, P99: 220_000})
		}
		samples = append(samples, sample)
	}
	return samples
}

// sample is a server with a canary, and what has happened to it.
func sample() (Snapshot, []server.Event) {
	s := &series{}
	s.take(wave(), time.Second)
	l := Library{Name: "greeter", Serving: "2", Canary: "3", points: s.points, timed: true}
	for _, v := range []server.Version{
		versionOf(2, "2", host.Serving, 20*time.Minute, ""),
		versionOf(3, "3", host.Canary, 30*time.Second, "5 % of the calls"),
		versionOf(4, "4", host.Refused, 10*time.Second, "build/libgreeter.v4.so: verify: not an ELF shared object (it is a text)"),
		versionOf(1, "1", host.Unloaded, 20*time.Minute, ""),
	} {
		l.Versions = append(l.Versions, Version{v, s.rate(noon, v)})
	}
	l.Versions[1].InFlight = 2
	l.Versions[2].Page = "errors/not-elf"
	l.Versions[3].Conflicts = []host.Conflict{{Path: "/var/lib/greeter/db", Name: "shop", Version: "7", Locked: true}}
	return Snapshot{Server: "build/.hotso.sock", Time: noon, Libraries: []Library{l}}, sampleEvents()
}

func sampleEvents() []server.Event {
	event := func(id int64, before time.Duration, version string, state host.State, detail string) server.Event {
		return server.Event{ID: id, Event: host.Event{Time: ago(before), Name: "greeter", Version: version, File: "build/libgreeter.v" + version + ".so", State: state, Detail: detail}}
	}
	loaded := event(1, 20*time.Minute, "2", host.Loaded, "")
	ended := event(3, 20*time.Minute, "1", host.Unloaded, "")
	ended.Report = &host.Report{Name: "greeter", Version: "1", State: host.Unloaded,
		Resources: []host.Resource{{Kind: host.Threads, Found: 6, Freed: 6}, {Kind: host.CHeap, Found: 2, Freed: 1, Left: 1, Bytes: 4096, Why: "it is in use"}},
		Steps:     []host.StepTime{{Step: "drain", Took: 3597}, {Step: "threads", Took: 1_200_000}},
		Changes:   map[string]int{"umask": 1}, Signals: map[string]int{"SIGUSR1": 2}}
	return []server.Event{loaded, event(2, 20*time.Minute, "2", host.Serving, ""), ended,
		event(4, 30*time.Second, "3", host.Canary, "5 % of the calls"),
		event(5, 10*time.Second, "4", host.Refused, "build/libgreeter.v4.so: verify: not an ELF shared object (it is a text)")}
}

// several is a server with two libraries, of which one has crashed.
func several() (Snapshot, []server.Event) {
	s, events := sample()
	v := versionOf(1, "7", host.Crashed, 5*time.Second, "shop v7 crashed: panic: boom")
	s.Libraries[0].inPaths = "/greeter"
	s.Libraries = append(s.Libraries, Library{Name: "shop", inPaths: "/shop", Waiting: 2, Versions: []Version{{Version: v}}})
	return s, append(events, server.Event{ID: 6, Event: host.Event{Time: ago(5 * time.Second), Name: "shop", Version: "7", File: v.File, State: host.Crashed, Detail: v.Reason}})
}

// modelOf is a model in a terminal of that size.
func modelOf(s Snapshot, events []server.Event, width, height int) *model {
	m := newModel(context.Background(), &Server{}, s)
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	m.Update(heard{events})
	return m
}

// screen is what is drawn, without colours.
func screen(m *model) string {
	lines := m.lines()
	for i, line := range lines {
		lines[i] = strings.TrimRight(ansi.Strip(line), " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

// press presses keys, one after the other, and returns what the last one has done.
func press(m *model, keys ...string) (cmd tea.Cmd) {
	codes := map[string]rune{"up": tea.KeyUp, "down": tea.KeyDown, "enter": tea.KeyEnter, "esc": tea.KeyEscape, "end": tea.KeyEnd, "home": tea.KeyHome,
		"backspace": tea.KeyBackspace, "pgdown": tea.KeyPgDown}
	for _, k := range keys {
		msg := tea.KeyPressMsg{Text: k, Code: []rune(k)[0]}
		if code, ok := codes[k]; ok {
			msg = tea.KeyPressMsg{Code: code}
		}
		if k == "ctrl+c" {
			msg = tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}
		}
		_, cmd = m.Update(msg)
	}
	return cmd
}
