package registry

import (
	"encoding/json"
	"fmt"
	"runtime"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/hotso/hotso/host/internal/plan"
	"github.com/hotso/hotso/host/internal/version"
)

// ArtifactType is that of manifests and indexes of libraries.
const ArtifactType = "application/vnd.hotso.library.v1"

// Annotations. Those of descriptors are so that a host can choose by the index alone.
const (
	nameAnnotation    = "io.github.hotso.library"     // of index, descriptors and manifests: greeter
	versionAnnotation = "io.github.hotso.version"     // likewise: 2.1.0
	digestAnnotation  = "io.github.hotso.file.digest" // of a layer: of the file in it
	keyAnnotation     = "io.github.hotso.key"         // of a manifest: ID of the key that signed the library
	planAnnotation    = "io.github.hotso.rollout"     // of an index: the plan, as JSON
	roleAnnotation    = "io.github.hotso.role"        // of descriptors in an index with a plan
)

// Roles. A manifest without one is what there is.
const (
	roleBase     = "base"      // what hosts ran before; it comes first, for tools that know nothing of rollouts
	roleNext     = "candidate" // what is rolled out
	rolePrevious = "previous"  // index with the plan before; it stays in the registry as long as this one
)

// Platform is that of this process.
func Platform() ocispec.Platform {
	return ocispec.Platform{OS: runtime.GOOS, Architecture: runtime.GOARCH}
}

// nowhere is the platform of what is no image, as of the attestations of docker buildx: it is no machine's.
var nowhere = &ocispec.Platform{OS: "unknown", Architecture: "unknown"}

// An Entry is a manifest that an index names.
type Entry struct {
	Descriptor ocispec.Descriptor
	Platform   ocispec.Platform
	Name       string // of the library
	Version    string
}

// An Index is what a tag of a library stands for.
type Index struct {
	Descriptor ocispec.Descriptor // of the index itself
	Entries    []Entry            // of the version; in a rollout of what hosts ran before
	Next       []Entry            // that are rolled out, if there is a plan
	Plan       *plan.Plan         // nil: no rollout so far
}

// Name and Version are those of the library.
func (i *Index) Name() string { return i.Entries[0].Name }

// Version is that of Entries.
func (i *Index) Version() string { return i.Entries[0].Version }

const maxNamed = 20 // platforms in an error

// For is the entry of a platform in list. The error wraps ErrPlatform.
func For(list []Entry, p ocispec.Platform) (Entry, error) {
	var has []string
	for _, e := range list {
		if isSame(e.Platform, p) {
			return e, nil
		}
		has = append(has, e.Platform.OS+"/"+e.Platform.Architecture)
	}
	if len(has) > maxNamed {
		has = append(has[:maxNamed], "...")
	}
	return Entry{}, fmt.Errorf("%w: %s/%s is not among %v: push a build for it under the same tag", ErrPlatform, p.OS, p.Architecture, has)
}

func isSame(a, b ocispec.Platform) bool { return a.OS == b.OS && a.Architecture == b.Architecture }

// parseIndex reads an index that anybody may have written.
func parseIndex(d ocispec.Descriptor, content []byte) (*Index, error) {
	var in ocispec.Index
	if err := json.Unmarshal(content, &in); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoLibrary, err)
	}
	if in.ArtifactType != ArtifactType {
		return nil, fmt.Errorf("%w: its artifact type is %q, want %s: push it with hotso push", ErrNoLibrary, in.ArtifactType, ArtifactType)
	}
	i := &Index{Descriptor: d}
	for _, m := range in.Manifests {
		role := m.Annotations[roleAnnotation]
		if role == rolePrevious {
			continue
		}
		e := Entry{Descriptor: m, Name: m.Annotations[nameAnnotation], Version: m.Annotations[versionAnnotation]}
		if m.Platform != nil {
			e.Platform = ocispec.Platform{OS: m.Platform.OS, Architecture: m.Platform.Architecture}
		}
		if err := e.check(); err != nil {
			return nil, err
		}
		if role == roleNext {
			i.Next = append(i.Next, e)
		} else {
			i.Entries = append(i.Entries, e)
		}
	}
	if text := in.Annotations[planAnnotation]; text != "" {
		p, err := plan.Parse(text)
		if err != nil {
			return nil, err
		}
		i.Plan = &p
	}
	return i, i.check()
}

func (e Entry) check() error {
	if err := e.checkName(); err != nil {
		return err
	}
	if err := e.Descriptor.Digest.Validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrNoLibrary, err)
	}
	return nil
}

func (e Entry) checkName() error {
	if err := version.CheckName(e.Name); err != nil {
		return fmt.Errorf("%w: the name of the library: %w", ErrNoLibrary, err)
	}
	v, err := version.Parse(e.Version)
	if err == nil && v.String() != e.Version { // files are found by the text
		err = fmt.Errorf("%q, want %s", e.Version, v)
	}
	if err != nil {
		return fmt.Errorf("%w: its version: %w", ErrNoLibrary, err)
	}
	return nil
}

// check wants one library, and one version in each role.
func (i *Index) check() error {
	if len(i.Entries) == 0 {
		return fmt.Errorf("%w: its index is empty", ErrNoLibrary)
	}
	if i.Plan == nil && len(i.Next) > 0 {
		return fmt.Errorf("%w: it has a candidate and no plan", plan.ErrBadPlan)
	}
	for _, list := range [][]Entry{i.Entries, i.Next} {
		for _, e := range list {
			if e.Name != i.Name() || e.Version != list[0].Version {
				return fmt.Errorf("%w: v%s of %s and v%s of %s under one tag", ErrNoLibrary, list[0].Version, i.Name(), e.Version, e.Name)
			}
		}
	}
	if p := i.Plan; p != nil && !p.State.Ended() && (len(i.Next) == 0 || p.Version != i.Next[0].Version || p.Base != i.Version()) {
		return fmt.Errorf("%w: it is of v%s after v%s, and the index has others", plan.ErrBadPlan, p.Version, p.Base)
	}
	return nil
}

// marshal writes an index from which no other one is reached.
func (i *Index) marshal() (ocispec.Descriptor, []byte, error) { return i.marshalAfter(nil) }

// marshalAfter writes an index from which the one before can be reached, if there was one.
func (i *Index) marshalAfter(before *ocispec.Descriptor) (ocispec.Descriptor, []byte, error) {
	out := ocispec.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageIndex, ArtifactType: ArtifactType,
		Annotations: map[string]string{ocispec.AnnotationTitle: i.Name(), nameAnnotation: i.Name(), versionAnnotation: i.Version()}}
	for _, list := range []struct {
		role    string
		entries []Entry
	}{{roleBase, i.Entries}, {roleNext, i.Next}} {
		for _, e := range list.entries {
			d := e.Descriptor
			d.Platform = &ocispec.Platform{OS: e.Platform.OS, Architecture: e.Platform.Architecture}
			d.ArtifactType = ArtifactType
			d.Annotations = map[string]string{nameAnnotation: e.Name, versionAnnotation: e.Version}
			if len(i.Next) > 0 {
				d.Annotations[roleAnnotation] = list.role
			}
			out.Manifests = append(out.Manifests, d)
		}
	}
	if before != nil {
		out.Manifests = append(out.Manifests, ocispec.Descriptor{MediaType: before.MediaType, Digest: before.Digest, Size: before.Size,
			Platform: nowhere, Annotations: map[string]string{roleAnnotation: rolePrevious}})
	}
	if p := i.Plan; p != nil {
		text, err := p.Marshal()
		if err != nil {
			return ocispec.Descriptor{}, nil, err
		}
		out.Annotations[planAnnotation] = text
	}
	if err := i.check(); err != nil {
		return ocispec.Descriptor{}, nil, err
	}
	b, err := json.Marshal(out)
	return descriptor(ocispec.MediaTypeImageIndex, b), b, err
}

// A Library is one platform's manifest.
type Library struct {
	Entry
	Layer  ocispec.Descriptor
	File   digest.Digest // of the file in the layer
	Signed string        // ID of the key, empty if it is not signed; as somebody says, not verified
}

// FileName is that of the file in the layer.
func (l Library) FileName() string {
	v, _ := version.Parse(l.Version) // checked
	return version.FileName(l.Name, v)
}

// parseManifest reads a manifest that anybody may have written.
func parseManifest(e Entry, content []byte) (Library, error) {
	l := Library{Entry: e}
	var m ocispec.Manifest
	if err := json.Unmarshal(content, &m); err != nil {
		return l, fmt.Errorf("%w: %w", ErrNoLibrary, err)
	}
	if m.ArtifactType != ArtifactType {
		return l, fmt.Errorf("%w: its artifact type is %q, want %s: push it with hotso push", ErrNoLibrary, m.ArtifactType, ArtifactType)
	}
	if len(m.Layers) != 1 || m.Layers[0].MediaType != ocispec.MediaTypeImageLayer {
		return l, fmt.Errorf("%w: want one layer of type %s", ErrNoLibrary, ocispec.MediaTypeImageLayer)
	}
	l.Layer, l.Signed = m.Layers[0], m.Annotations[keyAnnotation]
	l.File = digest.Digest(l.Layer.Annotations[digestAnnotation])
	for _, d := range []digest.Digest{l.Layer.Digest, l.File} {
		if d.Validate() != nil || d.Algorithm() != digest.SHA256 {
			return l, fmt.Errorf("%w: %q is no SHA-256 of a layer or file", ErrNoLibrary, d)
		}
	}
	if l.Layer.Size < headerSize {
		return l, fmt.Errorf("%w: a layer of %d bytes", ErrNoLibrary, l.Layer.Size)
	}
	return l, nil
}

// marshal writes the manifest and config of a library.
func (l Library) marshal() (manifest, config []byte, err error) {
	config, err = json.Marshal(ocispec.Image{Platform: l.Platform, RootFS: ocispec.RootFS{Type: "layers", DiffIDs: []digest.Digest{l.Layer.Digest}}})
	if err != nil {
		return nil, nil, err
	}
	m := ocispec.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest, ArtifactType: ArtifactType,
		Config: descriptor(ocispec.MediaTypeImageConfig, config), Layers: []ocispec.Descriptor{l.Layer},
		Annotations: map[string]string{nameAnnotation: l.Name, versionAnnotation: l.Version}}
	if l.Signed != "" {
		m.Annotations[keyAnnotation] = l.Signed
	}
	manifest, err = json.Marshal(m)
	return manifest, config, err
}

func descriptor(mediaType string, content []byte) ocispec.Descriptor {
	return ocispec.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(content), Size: int64(len(content))}
}
