package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/errcode"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host/internal/plan"
	"github.com/hotso/hotso/host/internal/regular"
)

// ErrTaken means that a tag is in the registry with content that is not to be replaced by accident.
var ErrTaken = errors.New("this tag is in the registry with other content")

// A Local is a library on disk that is to be pushed. Close it.
type Local struct {
	Library
	Path     string
	Manifest *manifest.Manifest
	layer    *layerFile
	content  []byte // of the manifest in the registry
	config   []byte
}

// OpenLocal reads the file and checks its seal. Who signed it is told, and not verified.
func OpenLocal(path string) (*Local, error) {
	f, info, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	l, err := newLocal(f, info.Size(), path)
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return l, nil
}

func newLocal(f *os.File, size int64, path string) (*Local, error) {
	content := make([]byte, size)
	if _, err := f.ReadAt(content, 0); err != nil {
		return nil, err
	}
	s, err := manifest.Unseal(content)
	if err != nil {
		return nil, fmt.Errorf("%w: build it with hotso build", err)
	}
	l := &Local{Path: path, Manifest: s.Manifest, Library: Library{Signed: keyID(s.Signature), Entry: Entry{Name: s.Manifest.Name, Version: s.Manifest.Version,
		Platform: ocispec.Platform{OS: s.Manifest.OS, Architecture: s.Manifest.Arch}}}}
	if err := l.checkName(); err != nil {
		return nil, err
	}
	if l.layer, err = newLayer(f, size, l.FileName()); err != nil {
		return nil, err
	}
	if l.Layer, l.File, err = l.layer.describe(); err != nil {
		return nil, err
	}
	if l.content, l.config, err = l.marshal(); err != nil {
		return nil, err
	}
	l.Descriptor = descriptor(ocispec.MediaTypeImageManifest, l.content)
	return l, nil
}

// Close closes the file.
func (l *Local) Close() error { return l.layer.file.Close() }

// Size is that of the file, in bytes.
func (l *Local) Size() int64 { return l.layer.size }

// A Progress is told how many bytes have come or gone, of how many.
type Progress func(done, of int64)

// Push puts libraries, of one version and several platforms, under the version's tag and the others. To push what is there
// already changes nothing. With other content under the version's tag the error is ErrTaken, unless replace is
// set. Platforms that are there and not among libraries stay, unless replace is set: it drops them. Several machines may push
// platforms of one version at the same time, see tag. A tag that has a rollout under way is not moved, unless replace is set: the error
// is plan.ErrState then; nor are the tag of another version and the channel of
// another library: ErrTaken.
func (c *Client) Push(ctx context.Context, libraries []*Local, tags []string, replace bool, progress Progress) (*Index, error) {
	index := &Index{}
	var size int64
	for i, l := range libraries {
		size += l.Layer.Size
		if l.Name != libraries[0].Name || l.Version != libraries[0].Version {
			return nil, fmt.Errorf("%s is v%s of %s, and %s v%s of %s: push one version at a time", l.Path, l.Version, l.Name, libraries[0].Path, libraries[0].Version, libraries[0].Name)
		}
		for _, o := range libraries[:i] {
			if isSame(o.Platform, l.Platform) {
				return nil, fmt.Errorf("%s and %s are both for %s/%s: push one file for each platform", o.Path, l.Path, l.Platform.OS, l.Platform.Architecture)
			}
		}
	}
	repo, err := c.repository(ctx)
	if err != nil {
		return nil, err
	}
	if !replace {
		if err := c.mayMove(ctx, libraries[0], tags); err != nil {
			return nil, err
		}
		there, err := c.there(ctx, libraries[0].Version)
		if err != nil {
			return nil, err
		}
		for _, l := range libraries {
			if err := c.mayPush(there, l); err != nil {
				return nil, err
			}
		}
	}
	var done int64 // bytes
	for _, l := range libraries {
		index.Entries = append(index.Entries, l.Entry)
		if err := pushLayer(ctx, repo, l, func(n int64) { progress.tell(done+n, size) }); err != nil {
			return nil, c.of(Tag(l.Version)).error("push the layer to", err)
		}
		done += l.Layer.Size
		progress.tell(done, size)
		if err := push(ctx, repo, descriptor(ocispec.MediaTypeImageConfig, l.config), l.config); err != nil {
			return nil, c.of(Tag(l.Version)).error("push the config to", err)
		}
		if err := push(ctx, repo, l.Descriptor, l.content); err != nil {
			return nil, c.of(Tag(l.Version)).error("push the manifest to", err)
		}
	}
	if replace {
		return index, c.put(ctx, index, append([]string{Tag(index.Version())}, tags...)...)
	}
	return index, c.tag(ctx, index, libraries, tags)
}

// there is what the tag of a version stands for; nil if there is no such tag.
func (c *Client) there(ctx context.Context, version string) (*Index, error) {
	i, err := c.Index(ctx, Tag(version))
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return i, err
}

// mayPush refuses what would change a version that is there.
func (c *Client) mayPush(there *Index, l *Local) error {
	if there == nil {
		return nil
	}
	if n := there.Name(); n != l.Name {
		return fmt.Errorf("%s: %w: it is of %s, and %s is %s: push it under another name than %s",
			c.Reference.WithTag(Tag(l.Version)), ErrTaken, n, l.Path, l.Name, c.Reference.WithTag(""))
	}
	if v := there.Version(); v != l.Version {
		return fmt.Errorf("%s: %w: the tag was moved to v%s, and versions have their tags to themselves: give %s a new version, or replace it with --force",
			c.Reference.WithTag(Tag(l.Version)), ErrTaken, v, l.Path)
	}
	if e, err := For(there.Entries, l.Platform); err == nil && e.Descriptor.Digest != l.Descriptor.Digest {
		return fmt.Errorf("%s: %w: hosts may run it; give %s a new version, or replace it with --force", c.Reference.WithTag(Tag(l.Version)), ErrTaken, l.Path)
	}
	return nil
}

// mayMove refuses to move tags to l from under a rollout, the own tag of another version, and the channel of another library.
func (c *Client) mayMove(ctx context.Context, l *Local, tags []string) error {
	for _, tag := range tags {
		i, err := c.Index(ctx, tag)
		switch {
		case errors.Is(err, ErrNotFound), errors.Is(err, ErrNoLibrary):
		case err != nil:
			return err
		case i.Plan != nil && !i.Plan.State.Ended():
			return fmt.Errorf("%s: %w: the rollout of v%s is %s: end it first (hotso rollout abort), or move the tag with --force",
				c.Reference.WithTag(tag), plan.ErrState, i.Plan.Version, i.Plan.State)
		case i.Name() != l.Name:
			return fmt.Errorf("%s: %w: it stands for %s, and %s is %s: its hosts would refuse it; choose another tag, or move it with --force",
				c.Reference.WithTag(tag), ErrTaken, i.Name(), l.Path, l.Name)
		case i.Version() != l.Version && Tag(i.Version()) == tag:
			return fmt.Errorf("%s: %w: it is the tag of v%s itself: choose another tag than %s, or move it with --force",
				c.Reference.WithTag(tag), ErrTaken, i.Version(), tag)
		}
	}
	return nil
}

// addOthers adds the platforms that are there and are not pushed now.
func (i *Index) addOthers(there *Index) {
	if there != nil {
		for _, e := range there.Entries {
			if _, err := For(i.Entries, e.Platform); err != nil {
				i.Entries = append(i.Entries, e)
			}
		}
	}
	i.sort()
}

// push puts small content where it is not yet.
func push(ctx context.Context, repo *remote.Repository, d ocispec.Descriptor, content []byte) error {
	if there, err := repo.Exists(ctx, d); err == nil && there {
		return nil
	}
	return renewed(func() error { return repo.Push(ctx, d, bytes.NewReader(content)) })
}

// renewed pushes again if the token has expired between the two requests that a push is: the second one can't be repeated
// alone, as its content is gone.
func renewed(push func() error) error {
	err := push()
	var refused *errcode.ErrorResponse
	if errors.As(err, &refused) && refused.StatusCode == http.StatusUnauthorized {
		err = push()
	}
	return err
}

func pushLayer(ctx context.Context, repo *remote.Repository, l *Local, sent func(int64)) error {
	if there, err := repo.Exists(ctx, l.Layer); err == nil && there {
		return nil
	}
	return renewed(func() error {
		return repo.Push(ctx, l.Layer, io.NopCloser(&counting{l.layer.reader(), tally{0, sent}}))
	})
}

// A tally counts the bytes that pass, and tells how many have.
type tally struct {
	n    int64
	tell func(int64)
}

func (t *tally) add(n int) {
	t.n += int64(n)
	t.tell(t.n)
}

// counting is a reader with a tally.
type counting struct {
	io.Reader
	tally
}

func (c *counting) Read(p []byte) (n int, err error) {
	n, err = c.Reader.Read(p)
	c.add(n)
	return n, err
}

func (p Progress) tell(done, of int64) {
	if p != nil {
		p(done, of)
	}
}
