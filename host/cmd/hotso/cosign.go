package main

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/hotso/hotso/host/internal/registry"
	"github.com/hotso/hotso/host/oci"
	"github.com/hotso/hotso/host/oci/cosign"
)

// cosignKeys are the public keys that a server trusts for what comes from registries. SIGHUP may change them.
type cosignKeys struct {
	now atomic.Pointer[[]cosign.PublicKey]
}

func (k *cosignKeys) load() []cosign.PublicKey      { return *k.now.Load() }
func (k *cosignKeys) store(keys []cosign.PublicKey) { k.now.Store(&keys) }

// parseCosignKeys reads public keys. where names what has given the files.
func parseCosignKeys(where string, files []string) (parsed []cosign.PublicKey, err error) {
	for _, path := range files {
		text, err := readSmall(path)
		if err != nil {
			return nil, usageError{fmt.Errorf("%s %s: %w", where, path, err)}
		}
		key, err := cosign.ParsePublicKey(text)
		if err != nil {
			return nil, usageError{fmt.Errorf("%s %s: %w", where, path, err)}
		}
		parsed = append(parsed, key)
	}
	return parsed, nil
}

// checkSigned wants an entry of an index to be signed by one of the keys, if there are any.
func checkSigned(ctx context.Context, c *registry.Client, i *registry.Index, e registry.Entry, keys []cosign.PublicKey) error {
	if len(keys) == 0 {
		return nil
	}
	index, err := c.VersionIndex(ctx, i, e)
	if err != nil {
		return err
	}
	_, err = cosign.TrustKeys(keys...).Verify(ctx, oci.Subject{Repository: c.Reference.WithTag("").String(), Library: e.Name, Version: e.Version,
		Manifest: e.Descriptor, Index: index, Registry: c})
	return err
}
