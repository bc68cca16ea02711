package main

import (
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/config"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/oci/cosign"
)

// A setup is what a server does: what flags and file say, and what the files hold that they name.
// It is not changed; a reload makes another one.
type setup struct {
	config.Config
	token   string
	vetos   map[string]veto // by library; that of "" is of those without settings of their own
	signers []cosign.PublicKey
	opened
}

// An opened part of a setup is what a reload leaves open.
type opened struct {
	dirs     []string // Directories, with those that channels are kept in
	channels channels
	trusted  *cosignKeys
}

// A veto keeps versions of a library out.
type veto struct {
	keys   []host.PublicKey
	checks []check
}

// newSetup reads what the server is to do. Errors are usage errors.
func newSetup(f *serveFlags) (*setup, error) {
	file, conf, err := f.read()
	if err != nil {
		return nil, err
	}
	return f.setup(file, conf)
}

// read reads the file, if there is one.
func (f *serveFlags) read() (file *config.File, conf config.Config, err error) {
	if f.file == "" && f.checkOnly {
		return nil, conf, usagef("--check-config needs --config FILE")
	}
	if f.file != "" {
		if file, err = config.Read(f.file); err != nil {
			return nil, conf, usageError{err}
		}
	}
	conf, err = file.Apply(f.Config, f.isGiven)
	if err != nil {
		return nil, conf, usageError{err}
	}
	return file, conf, nil
}

// setup reads the files that a configuration names.
func (f *serveFlags) setup(file *config.File, conf config.Config) (*setup, error) {
	s := &setup{Config: conf, vetos: map[string]veto{}}
	where := func(library, key string) string { return file.Where(library, key, f.isGiven) }
	names := []string{""}
	for name := range conf.Libraries {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		l := conf.Of(name)
		keys, err := parseKeys(where(name, "keys"), l.Keys)
		if err != nil {
			return nil, err
		}
		checks, err := parseChecks(where(name, "checks"), l.Checks)
		if err != nil {
			return nil, err
		}
		s.vetos[name] = veto{keys, checks}
	}
	var err error
	if s.signers, err = parseCosignKeys(where("", "cosign-keys"), conf.CosignKeys); err != nil {
		return nil, err
	}
	if len(s.signers) > 0 && !slices.ContainsFunc(conf.Directories, isChannel) {
		return nil, usagef("%s: cosign's signatures are in registries, and no oci://REGISTRY/NAME:TAG is served: files in directories are signed for --key",
			where("", "cosign-keys"))
	}
	s.token, err = f.readToken(where("", "token-file"), conf.TokenFile)
	return s, err
}

// veto is that of a library.
func (s *setup) veto(library string) veto {
	if v, ok := s.vetos[library]; ok {
		return v
	}
	return s.vetos[""]
}

// hosts are the names that requests may address the server by.
func (s *setup) hosts() []string {
	if host, _, err := net.SplitHostPort(s.Address); err == nil && host != "" {
		return append(slices.Clone(s.AllowHosts), host)
	}
	return s.AllowHosts
}

// hungGrace is how long a library that was told that the time is up may take to come back.
const hungGrace = time.Second

// options are those of the slot of a library.
func (l *running) options(name string, c config.Library) []host.Option {
	options := slices.Concat(l.provided, []host.Option{
		host.MaxCalls(c.MaxCalls, host.DefaultMaxCallsWait),
		host.Probation(c.Probation, host.Rule{}),
		checking(func() []check { return l.now.Load().veto(name).checks }),
	})
	if len(c.Keys) > 0 { // without any, libraries need no signature
		options = append(options, host.TrustKeysFrom(func() []host.PublicKey { return l.now.Load().veto(name).keys }))
	}
	if c.CallTimeout > 0 {
		// Without a limit the server waits for a call, whatever its client does.
		options = append(options, host.CallTimeout(c.CallTimeout), host.CancelGrace(hungGrace))
	}
	if c.KillHung {
		options = append(options, host.KillHung())
	}
	if c.Exclusive {
		options = append(options, host.Exclusive())
	}
	return options
}

// settings are those of a library as of now.
func (l *running) settings(name string) server.Settings {
	c := l.now.Load().Of(name)
	s := server.Settings{
		Drain: c.Drain, Options: l.options(name, c), Remember: c.Probation > 0 || c.Canary.Given,
		Promotion: host.Promotion{Calls: c.PromoteCalls, After: c.PromoteAfter, Errors: c.PromoteErrors},
	}
	if c.Canary.Given {
		s.Canary = &host.Share{Percent: c.Canary.Of}
	}
	return s
}

// describe names what is read again on SIGHUP.
func (f *serveFlags) describe() string {
	if f.file == "" {
		return "keys and token"
	}
	return fmt.Sprintf("%s, keys and token", f.file)
}
