package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
	"github.com/hotso/hotso/host/internal/plan"
	"github.com/hotso/hotso/host/internal/registry"
	"github.com/hotso/hotso/host/internal/version"
)

// A publication is one version in a registry, as hotso versions REGISTRY/NAME --json prints it.
type publication struct {
	Version   string                `json:"version"`
	Tags      []string              `json:"tags"`
	Digest    string                `json:"digest"` // of the index
	Name      string                `json:"name,omitempty"`
	Platforms []publicationPlatform `json:"platforms,omitempty"`
	Rollouts  []publicationRollout  `json:"rollouts,omitempty"` // in which it is the version that comes
	Problem   string                `json:"problem,omitempty"`  // why it is no library
}

type publicationPlatform struct {
	Platform string `json:"platform"`
	Size     int64  `json:"size"`          // bytes of the layer, a little more than the file's
	Key      string `json:"key,omitempty"` // ID, as it says; not verified
}

type publicationRollout struct {
	Channel string  `json:"channel"`
	State   string  `json:"state"`
	Percent float64 `json:"percent"` // of the hosts
}

// lookUps is how many questions a registry is asked at a time.
const lookUps = 8

// registryVersions lists what a repository has.
func registryVersions(ctx context.Context, t *terminal, reference string, f registryFlags, asJSON bool) error {
	c, err := f.open(reference)
	if err != nil {
		return err
	}
	defer c.Close()
	if c.Reference.Tag != "" {
		return usagef("%s: leave the tag out to see all versions, or look at this one: hotso inspect %s", reference, reference)
	}
	tags, err := c.Tags(ctx)
	if err != nil {
		return err
	}
	tags = slices.DeleteFunc(tags, registry.IsAttachment)
	done := t.busy("look up " + printable.Line(c.Reference.String()))
	there, err := lookUp(ctx, c, tags)
	done()
	if err != nil {
		return err
	}
	all := arrange(there)
	if asJSON {
		return t.json(all)
	}
	rows := [][]string{{"version", "tags", "platforms", "size", "key", "digest", ""}}
	for _, p := range all {
		rows = append(rows, p.row())
	}
	for _, line := range columns(rows) {
		fmt.Fprintln(t.out, line)
	}
	return nil
}

// faults are those of what a tag stands for, and not of the way there: they are no reason to show nothing of the others.
var faults = []error{registry.ErrNotFound, registry.ErrNoLibrary, registry.ErrDamaged, plan.ErrBadPlan}

func isOwnFault(err error) bool {
	return slices.ContainsFunc(faults, func(fault error) bool { return errors.Is(err, fault) })
}

// cause is what is wrong, without what was asked for.
func cause(err error) string {
	return faults[slices.IndexFunc(faults, func(fault error) bool { return errors.Is(err, fault) })].Error()
}

func (p publication) row() []string {
	var platforms, sizes, keys, notes []string
	for _, of := range p.Platforms {
		platforms, sizes = append(platforms, of.Platform), append(sizes, printable.Size(of.Size))
		if of.Key != "" && !slices.Contains(keys, of.Key) {
			keys = append(keys, of.Key)
		}
	}
	for _, r := range p.Rollouts {
		notes = append(notes, fmt.Sprintf("rollout on %s: %s, %g %% of the hosts", r.Channel, r.State, r.Percent))
	}
	if p.Problem != "" {
		notes = append(notes, p.Problem)
	}
	return []string{p.Version, strings.Join(p.Tags, " "), strings.Join(platforms, " "), strings.Join(sizes, " "), strings.Join(keys, " "), short(p.Digest), strings.Join(notes, "; ")}
}

// short is as much of a digest as tells it from others.
func short(digest string) string {
	_, hex, _ := strings.Cut(digest, ":")
	return hex[:min(12, len(hex))]
}

// A tagged index is what a tag stands for.
type tagged struct {
	tag       string
	index     *registry.Index // nil: problem says why
	platforms []publicationPlatform
	problem   error
}

// lookUp asks for each tag.
func lookUp(ctx context.Context, c *registry.Client, tags []string) ([]tagged, error) {
	all := make([]tagged, len(tags))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lookUps)
	for i, tag := range tags {
		group.Go(func() error {
			index, err := c.Index(ctx, tag)
			all[i] = tagged{tag: tag, index: index}
			if err == nil {
				all[i].platforms, err = platforms(ctx, c, index)
			}
			if isOwnFault(err) {
				all[i].index, all[i].problem, err = nil, err, nil
			}
			return err
		})
	}
	return all, group.Wait()
}

// arrange has one publication for each version, in order; what is no version comes last.
func arrange(all []tagged) publications {
	list := publications{}
	for _, t := range all {
		if t.index == nil {
			p := list.of(registry.VersionOf(t.tag))
			p.Tags, p.Problem = append(p.Tags, t.tag), cause(t.problem)
			continue
		}
		p := list.of(t.index.Version())
		p.Tags = append(p.Tags, t.tag)
		if isOwn := t.tag == registry.Tag(t.index.Version()); isOwn || p.Digest == "" { // a channel's index has its rollout, too
			p.Name, p.Platforms, p.Digest = t.index.Name(), t.platforms, t.index.Descriptor.Digest.String()
		}
		if r := t.index.Plan; r != nil && !r.State.Ended() {
			next := list.of(r.Version)
			next.Rollouts = append(next.Rollouts, publicationRollout{t.tag, string(r.State), r.Percent()})
		}
	}
	slices.SortFunc(list, func(a, b publication) int {
		v, errA := version.Parse(a.Version)
		w, errB := version.Parse(b.Version)
		if errA == nil && errB == nil {
			return cmp.Or(version.Compare(v, w), cmp.Compare(a.Version, b.Version))
		}
		if (errA == nil) != (errB == nil) {
			return map[bool]int{true: -1, false: 1}[errA == nil]
		}
		return cmp.Compare(a.Version, b.Version)
	})
	for i := range list {
		slices.Sort(list[i].Tags)
	}
	return list
}

type publications []publication

// of is the one of a version.
func (ps *publications) of(text string) *publication {
	i := slices.IndexFunc(*ps, func(p publication) bool { return p.Version == text })
	if i < 0 {
		*ps = append(*ps, publication{Version: text, Tags: []string{}})
		i = len(*ps) - 1
	}
	return &(*ps)[i]
}

// platforms asks for the manifests of an index.
func platforms(ctx context.Context, c *registry.Client, index *registry.Index) (list []publicationPlatform, err error) {
	for _, e := range index.Entries {
		l, err := c.Library(ctx, e)
		if err != nil {
			return nil, err
		}
		list = append(list, publicationPlatform{platformText(e), l.Layer.Size, l.Signed})
	}
	return list, nil
}
