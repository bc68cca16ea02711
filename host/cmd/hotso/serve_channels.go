package main

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/registry"
	"github.com/hotso/hotso/host/oci"
	"github.com/hotso/hotso/host/oci/cosign"
	"github.com/hotso/hotso/host/oci/ociprom"
)

// isChannel reports whether what is to be served is the tag of a registry, and not a directory.
func isChannel(dir string) bool { return strings.HasPrefix(dir, registry.Scheme) }

// channels are the tags that a server follows. Each has a directory, which is served as any other.
type channels []*channel

type channel struct {
	*oci.Follower
	reference string // with Scheme
	first     chan struct{}
	events    chan oci.Event
}

// firstWord is how long a start waits for a registry: a version that was taken back meanwhile need not
// serve before another one does.
const firstWord = 5 * time.Second

// openChannels makes the followers, and has their directories be served.
func (s *setup) openChannels() (channels, error) {
	var all channels
	s.trusted = &cosignKeys{}
	s.trusted.store(s.signers)
	for _, dir := range s.Directories {
		if !isChannel(dir) {
			s.dirs = append(s.dirs, dir)
			continue
		}
		opts, err := s.channelOptions()
		if err != nil {
			return nil, err
		}
		f, err := oci.New(dir, opts...)
		if err != nil {
			return nil, err
		}
		s.dirs = append(s.dirs, f.Directory())
		all = append(all, &channel{f, dir, make(chan struct{}), make(chan oci.Event, 1)})
	}
	s.channels = all
	return all, nil
}

func (s *setup) channelOptions() ([]oci.Option, error) {
	opts := []oci.Option{oci.WithInterval(s.Poll), oci.WithCache(s.Cache), oci.WithCacheSize(int64(s.CacheSize)), oci.WithHostID(s.HostID)}
	if s.Rollback {
		opts = append(opts, oci.WithRollback())
	}
	if s.PlainHTTP {
		opts = append(opts, oci.WithPlainHTTP())
	}
	if s.RegistryCA != "" {
		pool, err := readCAs("--registry-ca", s.RegistryCA)
		if err != nil {
			return nil, err
		}
		opts = append(opts, oci.WithRootCAs(pool))
	}
	if len(s.signers) > 0 {
		opts = append(opts, oci.WithVerifier(cosign.TrustKeysFrom(s.trusted.load)))
	}
	return opts, nil
}

// follow begins to follow, and returns when each channel has said something, or time is over. What it returns ends it.
func (cs channels) follow(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var following sync.WaitGroup
	for _, c := range cs {
		following.Go(func() { c.follow(ctx) })
	}
	late := time.NewTimer(firstWord)
	defer late.Stop()
	for _, c := range cs {
		select {
		case <-c.first:
		case <-ctx.Done():
		case <-late.C:
			late.Reset(0) // for the others as well
		}
	}
	return func() { cancel(); following.Wait() }
}

func (c *channel) follow(ctx context.Context) {
	defer close(c.events)
	var once sync.Once
	for e := range c.Events(ctx) {
		once.Do(func() { close(c.first) })
		if e.Kind == oci.Found {
			continue // its directory tells
		}
		select {
		case c.events <- e:
		case <-ctx.Done():
		}
	}
}

// tell has the server tell what the channels have come upon.
func (cs channels) tell(s *server.Server) {
	for _, c := range cs {
		go func() { // ends when the channel does
			for e := range c.events {
				state := host.State(server.Trouble)
				if e.Kind == oci.Refused {
					state = host.Refused
				}
				s.Tell(host.Event{Name: c.Status().Library, State: state, Detail: c.reference + ": " + e.Err.Error(), Err: e.Err})
			}
		}()
	}
}

func (cs channels) byDirectory() map[string]string {
	all := map[string]string{}
	for _, c := range cs {
		all[c.Directory()] = c.reference
	}
	return all
}

func (cs channels) metrics() []prometheus.Collector {
	var followers []*oci.Follower
	for _, c := range cs {
		followers = append(followers, c.Follower)
	}
	return []prometheus.Collector{ociprom.Collector(followers...)}
}
