package main

import (
	"context"
	"net/http"
	"path/filepath"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/handlers"
	"github.com/distribution/distribution/v3/registry/storage"
	"github.com/distribution/distribution/v3/registry/storage/driver/factory"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
)

// newDistribution is CNCF distribution with its defaults: files, and no cache.
func newDistribution(ctx context.Context, o options, a access) http.Handler {
	config := &configuration.Configuration{
		Storage: configuration.Storage{
			"filesystem": filesystem(o.dir),
			"delete":     {"enabled": o.deletable},
			"maintenance": {
				"uploadpurging": map[any]any{"enabled": false},
			},
		},
	}
	config.Log.AccessLog.Disabled = true
	config.Catalog.MaxEntries, config.Tags.MaxTags = 1000, 1000
	if o.incompleteOK {
		config.Validation.Manifests.Indexes.Platforms = "none"
	}
	if a.controller != "" {
		config.Auth = configuration.Auth{a.controller: a.parameters}
	}
	return handlers.NewApp(ctx, config)
}

// collectGarbage does what "registry garbage-collect --delete-untagged" does. No registry may
// use the directory meanwhile.
func collectGarbage(ctx context.Context, dir string) error {
	driver, err := factory.Create(ctx, "filesystem", filesystem(dir))
	if err != nil {
		return err
	}
	registry, err := storage.NewRegistry(ctx, driver)
	if err != nil {
		return err
	}
	return storage.MarkAndSweep(ctx, driver, registry, storage.GCOpts{RemoveUntagged: true, Quiet: true})
}

func filesystem(dir string) configuration.Parameters {
	return configuration.Parameters{"rootdirectory": filepath.Join(dir, "data")}
}
