package config

import (
	"maps"
	"slices"
	"time"
)

// A Config is what hotso serve is told, by flags and by a file.
type Config struct {
	Directories    []string // and channels: oci://REGISTRY/NAME:TAG
	Names          []string // of libraries; empty: all
	Address        string
	AllowHosts     []string
	TokenFile      string
	Socket         string
	Log            string // TextLog or JSONLog
	LogRate        int    // records of a library a second; 0: any number
	MaxBody        Size
	MaxMemory      Size
	MaxConnections int
	NoPage         bool // GET / is not answered
	NoMetrics      bool // nor GET /metrics
	Registry

	Library                      // of all libraries that Libraries says nothing else of
	Libraries map[string]Library // complete, by name
}

// A Registry says how channels are followed.
type Registry struct {
	Poll       time.Duration
	HostID     string // empty: oci.HostID
	Rollback   bool
	Cache      string // empty: oci.DefaultCache
	CacheSize  Size
	PlainHTTP  bool
	RegistryCA string   // file; empty: the system's
	CosignKeys []string // files
}

// A Library is what may differ from library to library.
type Library struct {
	Keys          []string // files, or texts of keys
	Checks        []string
	Drain         time.Duration
	Probation     time.Duration
	Exclusive     bool
	Canary        Percent
	PromoteCalls  int64
	PromoteAfter  time.Duration
	PromoteErrors float64 // share of the calls
	MaxCalls      int
	CallTimeout   time.Duration
	KillHung      bool
}

// The values of Config.Log.
const (
	TextLog = "text"
	JSONLog = "json"
)

// Of are the settings of a library.
func (c *Config) Of(library string) Library {
	if l, ok := c.Libraries[library]; ok {
		return l
	}
	return c.Library
}

// all are the settings of all libraries, that of those without an entry of their own first.
func (c *Config) all() (names []string, libraries []Library) {
	names, libraries = []string{""}, []Library{c.Library}
	for _, name := range slices.Sorted(maps.Keys(c.Libraries)) {
		names, libraries = append(names, name), append(libraries, c.Libraries[name])
	}
	return names, libraries
}
