package main

import (
	"context"
	"errors"
	"os"
	"strings"

	"aead.dev/minisign"
	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
	"github.com/hotso/hotso/host/internal/libbuild"
	"github.com/hotso/hotso/host/internal/registry"
)

type pushFlags struct {
	registryFlags
	tags    []string
	key     string
	force   bool
	asJSON  bool
	secret  *minisign.PrivateKey // of key; nil: files go as they are
	tempDir string               // of files that were signed
}

func newPush(t *terminal) *cobra.Command {
	var f pushFlags
	cmd := &cobra.Command{
		Use:   "push FILE... REGISTRY/NAME[:VERSION]",
		Short: "Put a version of a library into an OCI registry",
		Long: `Put sealed libraries of one version, one FILE for each platform, into any OCI registry, under the tag
of their version and those of --tag. Platforms that are there already stay. What has been pushed does not change: a file with other content under
the same version is refused without --force. To push the same file again does nothing.

VERSION is that of the seal, and need not be given. With --key the files are signed first; FILE itself is not
changed. hotso help oci has what is in the registry, and how it is logged into.`,
		Example: `  hotso push build/libgreeter.v2.so registry.example.com/team/greeter:2
  hotso push build/amd64/libgreeter.v2.so build/arm64/libgreeter.v2.so registry.example.com/team/greeter
  hotso push build/libgreeter.v2.so registry.example.com/team/greeter --key hotso.key --tag stable
  hotso push build/libgreeter.v2.so localhost:5000/greeter`,
		Args:              arguments(2, -1),
		ValidArgsFunction: completeLibraries,
		RunE:              func(cmd *cobra.Command, args []string) error { return push(cmd.Context(), t, args, f) },
	}
	f.add(cmd)
	cmd.Flags().StringArrayVar(&f.tags, "tag", nil, "tag to move to it as well, such as stable; may be repeated")
	cmd.Flags().StringVar(&f.key, "key", "", "secret key to sign with")
	cmd.Flags().BoolVar(&f.force, "force", false, "replace what is there under this version: FILEs are then all its platforms; also move tags with a rollout under way")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print one JSON document")
	completes(cmd, completeNothing, "tag")
	return cmd
}

// A pushed version is what push --json prints.
type pushed struct {
	Reference string           `json:"reference"` // by digest
	Name      string           `json:"name"`
	Version   string           `json:"version"`
	Tags      []string         `json:"tags"`
	Digest    string           `json:"digest"` // of the index
	Platforms []pushedPlatform `json:"platforms"`
}

type pushedPlatform struct {
	Platform string `json:"platform"`
	Digest   string `json:"digest"` // of the manifest
}

func push(ctx context.Context, t *terminal, args []string, f pushFlags) (err error) {
	files, reference := args[:len(args)-1], args[len(args)-1]
	if strings.HasSuffix(reference, ".so") {
		return usagef("where to? The last argument is REGISTRY/NAME, as in hotso push %s registry.example.com/team/greeter", strings.Join(args, " "))
	}
	for _, tag := range f.tags {
		if err := checkTag("--tag", tag); err != nil {
			return err
		}
	}
	c, err := f.open(reference)
	if err != nil {
		return err
	}
	defer c.Close()
	if f.secret, err = readSecretKey(f.key); err != nil {
		return err
	}
	if f.secret != nil {
		if f.tempDir, err = os.MkdirTemp("", "hotso-push-"); err != nil {
			return err
		}
		defer os.RemoveAll(f.tempDir)
	}
	var libraries []*registry.Local
	defer func() {
		for _, l := range libraries {
			err = errors.Join(err, l.Close())
		}
	}()
	for _, file := range files {
		l, err := f.openLocal(ctx, file)
		if err != nil {
			return err
		}
		libraries = append(libraries, l)
		if tag := c.Reference.Tag; tag != "" && tag != registry.Tag(l.Version) {
			return usagef("%s is v%s, and %s says %s: leave it out there, or change the file's (hotso seal --version); another tag is given by --tag %s", file, l.Version, reference, tag, tag)
		}
	}
	index, err := f.push(ctx, t, c, libraries)
	if err != nil {
		return err
	}
	p := pushed{Reference: c.Reference.WithTag(index.Descriptor.Digest.String()).String(), Name: index.Name(), Version: index.Version(),
		Tags: append([]string{registry.Tag(index.Version())}, f.tags...), Digest: index.Descriptor.Digest.String()}
	for _, e := range index.Entries {
		p.Platforms = append(p.Platforms, pushedPlatform{platformText(e), e.Descriptor.Digest.String()})
	}
	if f.asJSON {
		return t.json(p)
	}
	for _, tag := range p.Tags {
		if err := t.say("%s", c.Reference.WithTag(tag)); err != nil {
			return err
		}
	}
	return t.say("%s", p.Reference)
}

func (f *pushFlags) push(ctx context.Context, t *terminal, c *registry.Client, libraries []*registry.Local) (*registry.Index, error) {
	var size int64
	for _, l := range libraries {
		size += l.Layer.Size
	}
	set, finish := t.counted(size, "push "+printable.Line(c.Reference.String()))
	defer finish()
	return c.Push(ctx, libraries, f.tags, f.force, func(done, _ int64) { set(done) })
}

// openLocal opens a file, signed anew if there is a key.
func (f *pushFlags) openLocal(ctx context.Context, file string) (*registry.Local, error) {
	if f.secret == nil {
		return registry.OpenLocal(file)
	}
	dir, err := os.MkdirTemp(f.tempDir, "")
	if err != nil {
		return nil, err
	}
	r, err := libbuild.Reseal(ctx, file, libbuild.Change{Key: f.secret, Output: dir})
	if err != nil {
		return nil, err
	}
	return registry.OpenLocal(r.Path)
}
