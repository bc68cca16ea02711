package config_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/hotso/hotso/host/cmd/hotso/internal/config"
)

// defaults are as those of the flags.
var defaults = config.Config{
	Address: "127.0.0.1:8080", MaxBody: 1 << 20, MaxMemory: 1 << 20, MaxConnections: 10, Log: config.TextLog,
	Registry: config.Registry{Poll: time.Second, CacheSize: 1 << 20},
	Library:  config.Library{Drain: time.Second, MaxCalls: 10},
}

func none(string) bool { return false }

func given(flags ...string) func(string) bool {
	return func(flag string) bool { return strings.Contains(" "+strings.Join(flags, " ")+" ", " "+flag+" ") }
}

// parse reads a file and applies it to the defaults.
func parse(content string, isGiven func(string) bool) (config.Config, *config.File, error) {
	f, err := config.Parse("etc/hotso.yaml", []byte(content))
	if err != nil {
		return config.Config{}, nil, err
	}
	c, err := f.Apply(defaults, isGiven)
	return c, f, err
}

const whole = `# what a server can be told
directories: [build, /srv/images, "oci://registry.example.com/greeter:stable"]
poll: 5s
host-id: first
allow-rollback: true
cache: cache
cache-size: 1GiB
plain-http: true
registry-ca: ca.pem
cosign-keys: [cosign.pub]
names: [greeter, images]
address: ":9000"
allow-hosts: [api.example.com]
token-file: token
socket: /run/hotso.sock
log: json
log-rate: 50
max-body: 4MiB
max-memory: 1073741824
max-connections: 100
keys: [hotso.pub]
checks: ["Add 20 22 = 42", Greet]
drain: 10s
probation: 1m30s
canary: 5
promote-calls: 1000
promote-after: 10m
promote-errors: 0.01
max-calls: 500
call-timeout: 2s
kill-hung: true
libraries:
  greeter:
    probation: 0
    canary: 0.5
    checks: []
    max-calls: 7
  images:
    canary: none
    exclusive: true
    call-timeout: 1m
`

func TestFile(t *testing.T) {
	c, _, err := parse(whole, none)
	require.NoError(t, err)
	all := config.Library{
		Keys: []string{"etc/hotso.pub"}, Checks: []string{"Add 20 22 = 42", "Greet"}, Drain: 10 * time.Second, Probation: 90 * time.Second,
		Canary: config.Percent{Of: 5, Given: true}, PromoteCalls: 1000, PromoteAfter: 10 * time.Minute, PromoteErrors: 0.01,
		MaxCalls: 500, CallTimeout: 2 * time.Second, KillHung: true,
	}
	greeter, images := all, all
	greeter.Probation, greeter.Canary.Of, greeter.Checks, greeter.MaxCalls = 0, 0.5, []string{}, 7
	images.Canary, images.Exclusive, images.CallTimeout = config.Percent{}, true, time.Minute
	images.PromoteCalls, images.PromoteAfter, images.PromoteErrors = 0, 0, 0
	assert.Equal(t, config.Config{
		Directories: []string{"etc/build", "/srv/images", "oci://registry.example.com/greeter:stable"},
		Registry:    config.Registry{Poll: 5 * time.Second, HostID: "first", Rollback: true, Cache: "etc/cache", CacheSize: 1 << 30, PlainHTTP: true, RegistryCA: "etc/ca.pem", CosignKeys: []string{"etc/cosign.pub"}},
		Names:       []string{"greeter", "images"}, Address: ":9000",
		AllowHosts: []string{"api.example.com"}, TokenFile: "etc/token", Socket: "/run/hotso.sock", Log: config.JSONLog, LogRate: 50,
		MaxBody: 4 << 20, MaxMemory: 1 << 30, MaxConnections: 100,
		Library: all, Libraries: map[string]config.Library{"greeter": greeter, "images": images},
	}, c)
	assert.Equal(t, greeter, c.Of("greeter"))
	assert.Equal(t, all, c.Of("other"))
}

// Flags go before the file, also before what it says of single libraries.
func TestFlagsGoFirst(t *testing.T) {
	c, _, err := parse(whole, given("DIR", "probation", "addr", "check"))
	require.ErrorContains(t, err, "etc/hotso.yaml: no directory is given")
	assert.Equal(t, "127.0.0.1:8080", c.Address)
	assert.Zero(t, c.Of("images").Probation)
	assert.Empty(t, c.Of("greeter").Checks)
	assert.Equal(t, 7, c.Of("greeter").MaxCalls)
}

// Nothing is said by an empty file, and by one of comments.
func TestFileThatSaysNothing(t *testing.T) {
	for _, content := range []string{"", "# nothing\n", "---\n", "null\n", "libraries:\n"} {
		c, _, err := parse("directories: [d]\n", none)
		require.NoError(t, err)
		f, err := config.Parse("hotso.yaml", []byte(content))
		require.NoError(t, err, "%q", content)
		now, err := f.Apply(c, given("DIR"))
		require.NoError(t, err, "%q", content)
		assert.Equal(t, c, now)
	}
	now, err := (*config.File)(nil).Apply(defaults, none)
	require.ErrorContains(t, err, "no directory is given: hotso serve DIR...")
	assert.Equal(t, defaults.Address, now.Address)
}

// What is wrong is said with its line, and how to mend it. Where the schema could know it, it does.
var wrong = []struct {
	content, text string
	onlyParser    bool
}{
	{"adress: x", `1: there is no key "adress"; there are directories, names, address,`, false},
	{"# one\n\nlibraries:\n  greeter:\n    drian: 1s", `5: there is no key "drian"; there are keys, checks, drain,`, false},
	{"libraries:\n  greeter:\n    address: x", `3: address is of the server, not of a library: move it out of libraries`, false},
	{"libraries:\n  ../greeter: {}", `2: libraries: "../greeter" is no name of a library`, false},
	{"libraries: [greeter]", `1: libraries: give NAME: and its keys below`, false},
	{"libraries: {greeter: 7}", `1: it is no mapping`, false},
	{"libraries: {a: {}, a: {}}", `1: libraries: a is there twice`, true},
	{"names: [a]\nlibraries: {b: {drain: 1s}}", `libraries has settings of b, which is not among a`, true},
	{"drain: 1s\ndrain: 2s", `2: drain is there twice: see line 1`, true},
	{"token: secret", `1: there is no key token: write it to a file of its own`, false},
	{"- address", `1: it is no mapping`, false},
	{"address: [x", `: it is no YAML: `, true},
	{"address: x\n---\naddress: y", `a second document`, true},
	{"\tx: y", `it is no YAML`, true},
	{"? [a]\n: b", `1: a key is a word`, true},
	{"<<: {drain: 1s}", `there is no key "<<"`, true},
	{"drain: soon", `1: drain: "soon" is no duration, such as 30s`, false},
	{"drain: 30", `1: drain: "30" is no duration`, false},
	{"drain: 0s", `1: drain 0s: it must be more than 0`, true},
	{"probation: -1s", `1: probation -1s: it must not be negative`, true},
	{"max-body: 16MB", `1: max-body: "16MB" is no size, such as 16MiB`, false},
	{"max-body: 0", `1: max-body 0: it must be more than 0`, false},
	{"max-body: 1.5", `1: max-body: "1.5" is no size`, false},
	{"max-calls: many", `1: max-calls: "many" is no whole number`, false},
	{"max-calls: 1.5", `1: max-calls: "1.5" is no whole number`, false},
	{"max-calls: 99999999999999999999", `no whole number`, true},
	{"max-calls: 0", `1: max-calls 0: it must be more than 0`, false},
	{"max-connections: -1", `max-connections -1: it must be more than 0`, false},
	{"log: loud", `1: log loud: give text or json`, false},
	{"log: 7", `1: log: 7 is no text: put it in quotes`, false},
	{"log-rate: -1", `1: log-rate -1: it must not be negative`, false},
	{"canary: 101", `1: canary 101: it must be from 0 to 100`, false},
	{"canary: some", `1: canary: "some" is no number of percent, nor none`, false},
	{"canary: .nan", `is no number of percent`, true},
	{"promote-errors: 2\ncanary: 1", `1: promote-errors 2: it must be between 0 and 1`, false},
	{"promote-errors: .nan\ncanary: 1", `1: promote-errors: ".nan" is no number`, true},
	{"promote-calls: 1", `1: promote-calls: it needs canary`, true},
	{"kill-hung: true", `1: kill-hung: it needs call-timeout`, true},
	{"kill-hung: maybe", `1: kill-hung: "maybe" is neither true nor false`, false},
	{"libraries:\n  a:\n    exclusive: true\ncanary: 5", `3: libraries.a.exclusive: it does not go with canary`, true},
	{"names: greeter", `1: names: it is no list: write [A, B]`, false},
	{"names: [1]", `1: names: element 1 is no text`, false},
	{"names: [a b]", `1: names: "a b": a bad library name`, false},
	{"names: [a, a]", `1: names: a: it is given twice`, true},
	{"allow-hosts: ['http://x']", `1: allow-hosts: "http://x": give one name`, false},
	{"checks: ['']", `1: checks: "": it is empty`, false},
	{"address: {a: b}", `1: address: it is a list or a mapping: give one value`, false},
	{"address:", `1: address:  is no text`, false},
	{"address: ''", `1: address: it is empty`, false},
}

func TestErrors(t *testing.T) {
	schema := compiled(t)
	for _, test := range wrong {
		_, _, err := parse(test.content, given("DIR"))
		require.Error(t, err, test.content)
		assert.Contains(t, err.Error(), "etc/hotso.yaml", test.content)
		assert.Contains(t, err.Error(), test.text, test.content)
		if !test.onlyParser {
			assert.Error(t, validate(schema, test.content), "the schema takes %s", test.content)
		}
	}
	_, err := config.Read(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
	large := filepath.Join(t.TempDir(), "large")
	require.NoError(t, os.WriteFile(large, []byte(strings.Repeat("#", 1<<21)), 0o600))
	_, err = config.Read(large)
	require.ErrorContains(t, err, "more than 1048576 bytes")
}

// Values of flags are judged by the same rules.
func TestFlagsAreChecked(t *testing.T) {
	for text, change := range map[string]func(*config.Config){
		"--drain 0s: it must be more than 0":             func(c *config.Config) { c.Drain = 0 },
		"--canary -1: it must be from 0 to 100":          func(c *config.Config) { c.Canary = config.Percent{Of: -1, Given: true} },
		"--kill-hung: it needs call-timeout":             func(c *config.Config) { c.KillHung = true },
		`--name: "../x": a bad library name`:             func(c *config.Config) { c.Names = []string{"../x"} },
		`--allow-host: "a b": give one name`:             func(c *config.Config) { c.AllowHosts = []string{"a b"} },
		"--max-body 0: it must be more than 0":           func(c *config.Config) { c.MaxBody = 0 },
		"--exclusive: it does not go with canary":        func(c *config.Config) { c.Exclusive, c.Canary.Given = true, true },
		"--promote-after: it needs canary":               func(c *config.Config) { c.PromoteAfter = 1 },
		"no directory is given: hotso serve DIR...":      func(c *config.Config) { c.Directories = nil },
		"--log x: give text or json":                     func(c *config.Config) { c.Log = "x" },
		"--promote-errors 2: it must be between 0 and 1": func(c *config.Config) { c.PromoteErrors, c.Canary.Given = 2, true },
		"--call-timeout -1ns: it must not be negative":   func(c *config.Config) { c.CallTimeout = -1 },
		"--max-connections 0: it must be more than 0":    func(c *config.Config) { c.MaxConnections = 0 },
		"--promote-calls -1: it must not be negative":    func(c *config.Config) { c.PromoteCalls, c.Canary.Given = -1, true },
		"--probation -1s: it must not be negative":       func(c *config.Config) { c.Probation = -time.Second },
		"--max-calls 0: it must be more than 0":          func(c *config.Config) { c.MaxCalls = 0 },
		"--log-rate -1: it must not be negative":         func(c *config.Config) { c.LogRate = -1 },
		"--max-memory 0: it must be more than 0":         func(c *config.Config) { c.MaxMemory = 0 },
		"--addr: it is empty":                            func(c *config.Config) { c.Address = "" },
		"--key: \"\": it is empty":                       func(c *config.Config) { c.Keys = []string{""} },
		"DIR: \"\": it is empty":                         func(c *config.Config) { c.Directories = []string{""} },
		"--check: \"\": it is empty":                     func(c *config.Config) { c.Checks = []string{""} },
		"--promote-calls: it needs canary":               func(c *config.Config) { c.PromoteCalls = 1 },
		"--promote-errors: it needs canary":              func(c *config.Config) { c.PromoteErrors = 0.5 },
		"--promote-after -1ns: it must not be negative":  func(c *config.Config) { c.PromoteAfter, c.Canary.Given = -1, true },
		"--canary NaN: it must be from 0 to 100":         func(c *config.Config) { require.NoError(t, c.Canary.Set("NaN")) },
		"--promote-errors NaN: it must be between 0 and 1": func(c *config.Config) {
			c.PromoteErrors, c.Canary.Given = nan(), true
		},
	} {
		c := defaults
		c.Directories = []string{"d"}
		change(&c)
		_, err := (*config.File)(nil).Apply(c, none)
		assert.ErrorContains(t, err, text)
	}
}

func nan() float64 { zero := 0.0; return zero / zero }

// What can't change keeps its value and is named with its line; what has gone is named without.
func TestReload(t *testing.T) {
	old, _, err := parse("directories: [d]\naddress: :1\nprobation: 1s\nkeys: [a]\ncanary: 5\nmax-calls: 5\nlibraries: {images: {drain: 5s}}\n", none)
	require.NoError(t, err)
	next, f, err := parse("directories: [d]\nprobation: 2s\naddress: :2\nkeys: [b]\ncanary: 6\nlog: json\nlibraries:\n  greeter:\n    drain: 9s\n    checks: [Greet]\n  later:\n    drain: 8s\n", none)
	require.NoError(t, err)
	now, stays := f.Reload(old, next, []string{"greeter", "images"}, none)
	assert.Equal(t, []string{
		"etc/hotso.yaml:3: address", "etc/hotso.yaml:9: libraries.greeter.drain", "etc/hotso.yaml:2: probation",
		"etc/hotso.yaml: max-calls", "etc/hotso.yaml: drain",
	}, stays)
	assert.Equal(t, ":1", now.Address)
	assert.Equal(t, config.JSONLog, now.Log)
	greeter := now.Of("greeter")
	assert.Equal(t, time.Second, greeter.Probation)
	assert.Equal(t, time.Second, greeter.Drain)
	assert.Equal(t, 5, greeter.MaxCalls)
	assert.Equal(t, []string{"Greet"}, greeter.Checks)
	assert.Equal(t, []string{"etc/b"}, greeter.Keys)
	assert.InDelta(t, 6, greeter.Canary.Of, 0)
	assert.Equal(t, 5*time.Second, now.Of("images").Drain)
	assert.Equal(t, 8*time.Second, now.Of("later").Drain, "it is not there yet")
	assert.Equal(t, 2*time.Second, now.Of("another").Probation)

	// Whether there must be a signature at all is decided at the start.
	next, f, err = parse("directories: [d]\naddress: :1\nprobation: 1s\ncanary: 5\nmax-calls: 5\nlibraries: {images: {drain: 5s}}\n", none)
	require.NoError(t, err)
	now, stays = f.Reload(old, next, []string{"images"}, none)
	assert.Equal(t, []string{"etc/hotso.yaml: keys"}, stays)
	assert.Equal(t, []string{"etc/a"}, now.Of("images").Keys)
	none1, f1, err := parse("directories: [d]\n", none)
	require.NoError(t, err)
	some, f2, err := parse("directories: [d]\ncosign-keys: [c]\n", none)
	require.NoError(t, err)
	other, f3, err := parse("directories: [d]\ncosign-keys: [e]\n", none)
	require.NoError(t, err)
	c, notes := f2.Reload(none1, some, nil, none)
	assert.Equal(t, []string{"etc/hotso.yaml:2: cosign-keys"}, notes)
	assert.Empty(t, c.CosignKeys)
	c, notes = f1.Reload(some, none1, nil, none)
	assert.Equal(t, []string{"etc/hotso.yaml: cosign-keys"}, notes)
	assert.Equal(t, []string{"etc/c"}, c.CosignKeys)
	c, notes = f3.Reload(some, other, nil, none)
	assert.Empty(t, notes)
	assert.Equal(t, []string{"etc/e"}, c.CosignKeys)

	now, stays = f.Reload(now, now, []string{"images"}, none)
	assert.Empty(t, stays)
	assert.Equal(t, []string{"etc/a"}, now.Of("images").Keys)
}

// compiled is the schema of the file.
func compiled(t testing.TB) *jsonschema.Schema {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(config.Schema())))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("hotso.json", doc))
	s, err := c.Compile("hotso.json")
	require.NoError(t, err)
	return s
}

// validate judges a YAML document by the schema.
func validate(s *jsonschema.Schema, content string) error {
	var v any
	if err := yaml.Unmarshal([]byte(content), &v); err != nil {
		return err
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(b)))
	if err != nil {
		return err
	}
	return s.Validate(doc)
}

// FuzzParse: the parser does not fall over, names the file in each error, and takes nothing that the
// schema does not.
func FuzzParse(f *testing.F) {
	f.Add(whole)
	for _, test := range wrong {
		f.Add(test.content)
	}
	f.Add("a: &a [x]\nnames: *a")
	f.Add("names: &a [*a]")
	f.Add("max-body: 0x10\nmax-calls: 1_000\n")
	schema := compiled(f)
	f.Fuzz(func(t *testing.T, content string) {
		c, _, err := parse(content, given("DIR"))
		if err != nil {
			require.Contains(t, err.Error(), "etc/hotso.yaml")
			if !strings.Contains(err.Error(), "no directory is given") {
				return
			}
		}
		_ = c
		require.NoError(t, validate(schema, content), "%q", content)
	})
}
