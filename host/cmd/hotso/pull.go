package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
	"github.com/hotso/hotso/host/internal/blobcache"
	"github.com/hotso/hotso/host/internal/registry"
	"github.com/hotso/hotso/host/oci/cosign"
)

type pullFlags struct {
	registryFlags
	output   string
	platform string
	keys     []string
	signers  []string // files with cosign's public keys
	asJSON   bool
}

func newPull(t *terminal) *cobra.Command {
	var f pullFlags
	cmd := &cobra.Command{
		Use:   "pull REGISTRY/NAME:TAG",
		Short: "Get a version of a library from an OCI registry",
		Long: `Get the library that TAG stands for, or @DIGEST, and put it into a directory as libNAME.vVERSION.so. It is
checked by digest and by its seal, with --key by its signature, and appears there in one rename. A download that was
interrupted goes on where it was.

With --cosign-key the version must be signed by one of these keys of cosign's: its index, or its manifest for the platform. That is
looked at before anything is downloaded.

In a rollout the version is the one that hosts ran before.`,
		Example: `  hotso pull registry.example.com/team/greeter:2
  hotso pull registry.example.com/team/greeter:stable -o /srv/greeter --key hotso.pub
  hotso pull registry.example.com/team/greeter:2 --cosign-key cosign.pub
  hotso pull registry.example.com/team/greeter:2 --platform linux/arm64`,
		Args:              arguments(1, 1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return pull(cmd.Context(), t, args[0], f) },
	}
	f.add(cmd)
	cmd.Flags().StringVarP(&f.output, "output", "o", "build", "directory to put it into")
	cmd.Flags().StringVar(&f.platform, "platform", "", "OS/ARCH, if it is not for this machine")
	cmd.Flags().StringArrayVar(&f.keys, "key", nil, "public key to trust, a file or its text; may be repeated")
	cmd.Flags().StringArrayVar(&f.signers, "cosign-key", nil, "public key of cosign's that must have signed it, a PEM file; may be repeated")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print one JSON document")
	_ = cmd.MarkFlagDirname("output")
	completes(cmd, cobra.FixedCompletions([]string{"linux/amd64", "linux/arm64"}, cobra.ShellCompDirectiveNoFileComp), "platform")
	return cmd
}

// A pulled library is what pull --json prints.
type pulled struct {
	File    string `json:"file"`
	Name    string `json:"name"`
	Version string `json:"version"`
	Digest  string `json:"digest"` // of the manifest
	SHA256  string `json:"sha256"` // of the file
}

func pull(ctx context.Context, t *terminal, reference string, f pullFlags) error {
	trust, err := trusted(f.keys)
	if err != nil {
		return err
	}
	signers, err := parseCosignKeys("--cosign-key", f.signers)
	if err != nil {
		return err
	}
	p := registry.Platform()
	if f.platform != "" {
		var ok bool
		if p.OS, p.Architecture, ok = strings.Cut(f.platform, "/"); !ok {
			return usagef("--platform %s: want OS/ARCH, such as linux/arm64", f.platform)
		}
	}
	c, err := f.openTagged(reference)
	if err != nil {
		return err
	}
	defer c.Close()
	lib, err := libraryAt(ctx, c, p, signers)
	if err != nil {
		return err
	}
	path, err := f.get(ctx, t, c, lib, trust)
	if err != nil {
		return err
	}
	if f.asJSON {
		return t.json(pulled{path, lib.Name, lib.Version, lib.Descriptor.Digest.String(), lib.File.Encoded()})
	}
	return t.say("%s", path)
}

// libraryAt is the library of a platform that the client's tag stands for, signed by one of the keys if there are any.
func libraryAt(ctx context.Context, c *registry.Client, p ocispec.Platform, signers []cosign.PublicKey) (registry.Library, error) {
	i, err := c.Index(ctx, c.Reference.Tag)
	if err != nil {
		return registry.Library{}, err
	}
	e, err := registry.For(i.Entries, p)
	if err != nil {
		return registry.Library{}, fmt.Errorf("%s: %w", c.Reference, err)
	}
	if err := checkSigned(ctx, c, i, e, signers); err != nil {
		return registry.Library{}, err
	}
	return c.Library(ctx, e)
}

// get has the library be in the directory. It works in one beside it, from which it goes on after an interruption.
func (f *pullFlags) get(ctx context.Context, t *terminal, c *registry.Client, lib registry.Library, trust []host.Option) (string, error) {
	if err := os.MkdirAll(f.output, 0o777); err != nil {
		return "", err
	}
	work := filepath.Join(f.output, ".hotso-pull-"+short(lib.Layer.Digest.String()))
	cache, err := blobcache.Open(work, lib.Layer.Size)
	if err != nil {
		return "", err
	}
	cache.Passing()
	set, finish := t.counted(lib.Layer.Size, "pull "+printable.Line(lib.FileName()))
	key := blobcache.Key{SHA256: lib.File.Encoded(), Name: lib.FileName(), Size: lib.Layer.Size}
	path, err := cache.Fill(ctx, key, func(part *os.File) (*io.SectionReader, error) {
		return c.Download(ctx, lib, part, func(done, _ int64) { set(done) })
	})
	finish()
	if err != nil {
		return "", err
	}
	_, err = host.Inspect(path, append(trust, host.CheckFileName())...)
	if err == nil || errors.Is(err, host.ErrMachine) && f.platform != "" {
		to := filepath.Join(f.output, lib.FileName())
		if err = errors.Join(os.Chmod(path, 0o755), os.Rename(path, to)); err == nil {
			_ = os.RemoveAll(work)
			return to, nil
		}
	}
	return "", errors.Join(err, os.RemoveAll(work))
}
