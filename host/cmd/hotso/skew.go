package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host/internal/registry"
	"github.com/hotso/hotso/host/internal/schema"
)

// remoteManifest reads what a library in a registry says it is, without the rest of the file.
func remoteManifest(ctx context.Context, c *registry.Client, e registry.Entry) (*manifest.Manifest, error) {
	l, err := c.Library(ctx, e)
	if err != nil {
		return nil, err
	}
	file, err := c.Open(ctx, l)
	if err != nil {
		return nil, err
	}
	s, err := manifest.ReadSeal(file, file.Size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Reference.WithTag(e.Descriptor.Digest.String()), err)
	}
	return s.Manifest, nil
}

// manifestChanges are those that callers of one library see in another: of its contracts, and of functions that are no methods.
func manifestChanges(old, next *manifest.Manifest) ([]schema.Change, error) {
	before, err := schemasOf(old)
	if err != nil {
		return nil, err
	}
	after, err := schemasOf(next)
	if err != nil {
		return nil, err
	}
	changes := contractChanges(before, after)
	methods := map[string]bool{}
	for _, c := range newContractFacts(old.Contracts) {
		for _, m := range c.Methods {
			methods[m.Function] = true
		}
	}
	for _, f := range old.Functions {
		if methods[f.Name] {
			continue // its contract tells
		}
		switch now, ok := next.Function(f.Name); {
		case !ok:
			changes = append(changes, schema.Change{Path: f.Name, What: "the function was removed", Breaking: true})
		case now.Signature != f.Signature:
			changes = append(changes, schema.Change{Path: f.Name, What: fmt.Sprintf("was %s, is %s", f.Signature, now.Signature), Breaking: true})
		}
	}
	return changes, nil
}

func schemasOf(m *manifest.Manifest) (map[string]*schema.Schema, error) {
	schemas := map[string]*schema.Schema{}
	for _, c := range m.Contracts {
		s, err := schema.Parse(c.Schema)
		if err != nil {
			return nil, fmt.Errorf("v%s of %s: contract %s: %w", m.Version, m.Name, c.Name, err)
		}
		schemas[c.Name] = s
	}
	return schemas, nil
}

// contractChanges compares contracts by their names.
func contractChanges(old, next map[string]*schema.Schema) []schema.Change {
	changes := []schema.Change{}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		if now := next[name]; now != nil {
			changes = append(changes, schema.Compare(old[name], now)...)
		} else {
			changes = append(changes, schema.Change{Path: name, What: "the contract was removed", Breaking: true})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(next)) {
		if old[name] == nil {
			changes = append(changes, schema.Change{Path: name, What: "the contract was added"})
		}
	}
	return changes
}
