package image

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host/life"
)

// checkSeal judges what is behind the image of a file, as manifest.Split found it:
// seal, manifest and signature, but not the digest of the image. It adds to d, which
// knows the descriptor and the ELF image, what they say. The reason is nil if there
// is nothing against the file.
func (p *Policy) checkSeal(d *Image, sealed *manifest.Sealed, err error) (reason, cause error, advice string) {
	if err == nil {
		err = sealed.ReadManifest()
	}
	switch {
	case errors.Is(err, manifest.ErrNoSeal) && p.AllowUnsealed:
		return p.trust(d, nil, nil)
	case errors.Is(err, manifest.ErrNoSeal):
		return life.ErrUnsealed, err, "it is cut off, or was not built by hotso build; AllowUnsealed loads it anyway"
	case err != nil:
		return life.ErrSeal, detail(err, manifest.ErrSeal), "copy or build it again"
	}
	m := sealed.Manifest
	d.Sealed, d.Manifest, d.Bytes = true, *m, sealed.Image
	if m.Name != d.Name || m.Version != d.Version || m.ABI != d.ABI {
		return life.ErrSeal, fmt.Errorf("manifest of %s v%s, descriptor of %s v%s",
			m.Name, m.Version, d.Name, d.Version), "build it again"
	}
	// Only the image is mapped. Behind its end is nothing but SIGBUS.
	if d.ELF.ImageEnd > int64(len(d.Bytes)) {
		return life.ErrCorrupt, fmt.Errorf("its headers name %d bytes, but %d were sealed", d.ELF.ImageEnd, len(d.Bytes)),
			"build it again"
	}
	var promised []string
	for _, f := range m.Functions {
		promised = append(promised, f.Name)
	}
	if err := checkExports(d.ELF, promised); err != nil {
		return life.ErrSeal, fmt.Errorf("it is not what its manifest promises: %w", err), "build it again"
	}
	if !slices.Equal(m.Needed, d.ELF.Needed) || m.RunPath != cmp.Or(d.ELF.RunPath, d.ELF.RPath) {
		return life.ErrSeal, fmt.Errorf("its manifest says that it needs %q by the run path %q, its image %q and %q",
			m.Needed, m.RunPath, d.ELF.Needed, cmp.Or(d.ELF.RunPath, d.ELF.RPath)), "build it again"
	}
	if m.Exclusive != d.Exclusive {
		return life.ErrSeal, fmt.Errorf("its manifest says exclusive: %t, its image %t", m.Exclusive, d.Exclusive), "build it again"
	}
	if d.Signature, err = readSignature(sealed.Signature); err != nil {
		return life.ErrSeal, err, "sign it again with hotso seal --key"
	}
	return p.trust(d, sealed.Payload, sealed.Signature)
}
