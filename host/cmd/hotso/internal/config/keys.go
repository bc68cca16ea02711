package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hotso/hotso/host/internal/version"
)

// A key is one of the file, and the flag that says the same.
type key struct {
	name  string
	flag  string // without dashes; empty: as the key, which has an argument instead
	about string
	// field is where it is: of a Library, if it may differ from library to library.
	field   func(*Config) any
	ofEach  func(*Library) any
	reloads bool                   // a change takes effect while the server runs
	isPath  bool                   // of a file or directory, relative to the file's
	check   func(value any) string // what is wrong with it, empty if nothing is
	schema  map[string]any         // on top of that of the field's type, of elements if it is a list
}

// keys are all that there are, in the order of the documentation.
var keys = []key{
	{name: "directories", flag: "DIR", about: "directories that libraries come from, and channels: oci://REGISTRY/NAME:TAG", isPath: true,
		field: func(c *Config) any { return &c.Directories }, schema: m{"minLength": 1}, check: each(isNotEmpty)},
	{name: "names", flag: "name", about: "libraries to serve; none: all that are in the directories",
		field: func(c *Config) any { return &c.Names }, schema: m{"pattern": namePattern}, check: all(each(isName), isUnique)},
	{name: "address", flag: "addr", about: "address to listen on; port 0 takes a free one",
		field: func(c *Config) any { return &c.Address }, schema: m{"minLength": 1}, check: one(isNotEmpty)},
	{name: "allow-hosts", flag: "allow-host", about: "names by which requests may address the server, in Host", reloads: true,
		field: func(c *Config) any { return &c.AllowHosts }, schema: m{"pattern": hostPattern}, check: each(isHost)},
	{name: "token-file", about: "file with the bearer token that deployments over TCP need", isPath: true, reloads: true,
		field: func(c *Config) any { return &c.TokenFile }},
	{name: "socket", about: "unix socket for hotso versions and its kin; none: one in each directory", isPath: true,
		field: func(c *Config) any { return &c.Socket }},
	{name: "log", about: "what the log is written for: people (text) or machines (json)", reloads: true,
		field: func(c *Config) any { return &c.Log }, schema: m{"enum": []any{TextLog, JSONLog}}, check: one(isLog)},
	{name: "log-rate", about: "log records of a library that are written in a second; 0: all", reloads: true,
		field: func(c *Config) any { return &c.LogRate }, schema: m{"minimum": 0}, check: isNotNegative},
	{name: "max-body", about: "largest body of a request",
		field: func(c *Config) any { return &c.MaxBody }, check: isPositive},
	{name: "max-memory", about: "what the bodies, arguments and results of all requests take together",
		field: func(c *Config) any { return &c.MaxMemory }, check: isPositive},
	{name: "max-connections", about: "connections over TCP at a time",
		field: func(c *Config) any { return &c.MaxConnections }, schema: m{"minimum": 1}, check: isPositive},
	{name: "no-page", about: "leave out the page for operators at /",
		field: func(c *Config) any { return &c.NoPage }},
	{name: "no-metrics", about: "leave out GET /metrics",
		field: func(c *Config) any { return &c.NoMetrics }},

	{name: "poll", about: "how often a registry is asked what a channel's tag stands for",
		field: func(c *Config) any { return &c.Poll }, check: isPositive},
	{name: "host-id", about: "name of this host in rollouts, which stays the same; none: machine-id and host name",
		field: func(c *Config) any { return &c.HostID }},
	{name: "allow-rollback", about: "follow a channel's tag to an older version as well",
		field: func(c *Config) any { return &c.Rollback }},
	{name: "cache", about: "directory of what comes from registries; none: one of this user", isPath: true,
		field: func(c *Config) any { return &c.Cache }},
	{name: "cache-size", about: "what the cache takes on disk",
		field: func(c *Config) any { return &c.CacheSize }, check: isPositive},
	{name: "plain-http", about: "ask registries without TLS; one on this machine needs no leave for that",
		field: func(c *Config) any { return &c.PlainHTTP }},
	{name: "registry-ca", about: "PEM file with the authorities to trust for registries, instead of the system's", isPath: true,
		field: func(c *Config) any { return &c.RegistryCA }},
	{name: "cosign-keys", flag: "cosign-key", about: "public keys of cosign's that must have signed what comes from registries, PEM files", isPath: true, reloads: true,
		field: func(c *Config) any { return &c.CosignKeys }, schema: m{"minLength": 1}, check: each(isNotEmpty)},

	{name: "keys", flag: "key", about: "public keys to trust, each a file or its text", isPath: true, reloads: true,
		ofEach: func(l *Library) any { return &l.Keys }, schema: m{"minLength": 1}, check: each(isNotEmpty)},
	{name: "checks", flag: "check", about: "calls that must succeed on a version before it serves: Func ARG..., or with = ANSWER", reloads: true,
		ofEach: func(l *Library) any { return &l.Checks }, schema: m{"minLength": 1}, check: each(isNotEmpty)},
	{name: "drain", about: "how long to wait for the calls inside an old version",
		ofEach: func(l *Library) any { return &l.Drain }, check: isPositive},
	{name: "probation", about: "how long to keep the previous version warm, to go back to",
		ofEach: func(l *Library) any { return &l.Probation }, check: isNotNegative},
	{name: "exclusive", about: "one version is live at a time",
		ofEach: func(l *Library) any { return &l.Exclusive }},
	{name: "canary", about: "percent of the calls that a newer version gets first, until it is promoted; none: it serves at once", reloads: true,
		ofEach: func(l *Library) any { return &l.Canary }, schema: m{"minimum": 0, "maximum": 100}, check: isPercent},
	{name: "promote-calls", about: "a canary is promoted after it has answered that many calls", reloads: true,
		ofEach: func(l *Library) any { return &l.PromoteCalls }, schema: m{"minimum": 0}, check: isNotNegative},
	{name: "promote-after", about: "a canary is promoted after that time; with promote-calls, after both", reloads: true,
		ofEach: func(l *Library) any { return &l.PromoteAfter }, check: isNotNegative},
	{name: "promote-errors", about: "but not while a larger share of its calls has failed", reloads: true,
		ofEach: func(l *Library) any { return &l.PromoteErrors }, schema: m{"minimum": 0, "maximum": 1}, check: isShare},
	{name: "max-calls", about: "calls and streams inside a version at a time",
		ofEach: func(l *Library) any { return &l.MaxCalls }, schema: m{"minimum": 1}, check: isPositive},
	{name: "call-timeout", about: "how long a call may take; 0: as long as it likes",
		ofEach: func(l *Library) any { return &l.CallTimeout }, check: isNotNegative},
	{name: "kill-hung", about: "end a version when one of its calls outlives call-timeout and does not heed its context",
		ofEach: func(l *Library) any { return &l.KillHung }},
}

// librariesKey has what is set for single libraries, by their names.
const librariesKey = "libraries"

type m = map[string]any

// named is the key of that name, nil if there is none.
func named(name string) *key {
	i := slices.IndexFunc(keys, func(k key) bool { return k.name == name })
	if i < 0 {
		return nil
	}
	return &keys[i]
}

// flagName is the name of the flag that says the same.
func (k *key) flagName() string {
	if k.flag != "" {
		return k.flag
	}
	return k.name
}

// in is a pointer to the field, in what is set for all libraries if it is one of those.
func (k *key) in(c *Config) any {
	if k.ofEach != nil {
		return k.ofEach(&c.Library)
	}
	return k.field(c)
}

const (
	namePattern = `^[a-zA-Z][a-zA-Z0-9_-]*$`
	hostPattern = `^[^\x00- /*?#@,]+$`
)

var isHostName = regexp.MustCompile(hostPattern)

func isNotEmpty(text string) string {
	if text == "" {
		return "it is empty"
	}
	return ""
}

func isName(text string) string {
	if version.CheckName(text) != nil {
		return "a bad library name: want a letter, then letters, digits, '_' or '-'"
	}
	return ""
}

func isHost(text string) string {
	if !isHostName.MatchString(text) {
		return "give one name, such as api.example.com"
	}
	return ""
}

func isLog(text string) string {
	if text != TextLog && text != JSONLog {
		return "give text or json"
	}
	return ""
}

// one checks a text.
func one(check func(string) string) func(any) string {
	return func(v any) string { return check(v.(string)) }
}

// each checks the texts of a list.
func each(check func(string) string) func(any) string {
	return func(v any) string {
		for _, text := range v.([]string) {
			if wrong := check(text); wrong != "" {
				return fmt.Sprintf("%q: %s", text, wrong)
			}
		}
		return ""
	}
}

func all(checks ...func(any) string) func(any) string {
	return func(v any) string {
		for _, check := range checks {
			if wrong := check(v); wrong != "" {
				return wrong
			}
		}
		return ""
	}
}

func isUnique(v any) string {
	list := v.([]string)
	for i, text := range list {
		if slices.Contains(list[:i], text) {
			return text + ": it is given twice"
		}
	}
	return ""
}

func number(v any) float64 {
	switch n := v.(type) {
	case int:
		return float64(n)
	case int64:
		return float64(n)
	case Size:
		return float64(n)
	case time.Duration:
		return float64(n)
	}
	return v.(float64)
}

func isPositive(v any) string {
	if number(v) > 0 {
		return ""
	}
	return "it must be more than 0"
}

func isNotNegative(v any) string {
	if number(v) >= 0 {
		return ""
	}
	return "it must not be negative"
}

func isShare(v any) string {
	if n := number(v); n >= 0 && n <= 1 {
		return ""
	}
	return "it must be between 0 and 1"
}

func isPercent(v any) string {
	if p := v.(Percent); !p.Given || p.Of >= 0 && p.Of <= 100 {
		return ""
	}
	return "it must be from 0 to 100"
}

// keyNames are the names of keys, of a library or of the whole file.
func keyNames(ofLibrary bool) string {
	var names []string
	for _, k := range keys {
		if !ofLibrary || k.ofEach != nil {
			names = append(names, k.name)
		}
	}
	if !ofLibrary {
		names = append(names, librariesKey)
	}
	return strings.Join(names, ", ")
}
