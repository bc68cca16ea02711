package image

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"aead.dev/minisign"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/needed"
	"github.com/hotso/hotso/host/internal/version"
	"github.com/hotso/hotso/host/life"
)

// An Image is a library file that was read, and what can be known of it without
// running any of it.
type Image struct {
	life.Description
	ELF   *elfimage.Spec
	Flags uint32 // of its descriptor
	Bytes []byte // the ELF image, a part of the file's private bytes

	// Needed is what must be loaded before it; nil without trusted keys. It belongs to
	// whoever takes it, by setting it to nil, until Verify returns.
	Needed *needed.Set

	// Lacks says, of a version that is linked into the program, why it does not serve a contract. It
	// is nil for a file.
	Lacks func(contract string) error
}

// A Policy says which files may be loaded.
type Policy struct {
	Name          string // of the library, or empty for any
	FileName      bool   // the file must be named after name and version
	AllowUnsealed bool
	Signed        bool // only with a signature of one of Keys and those that MoreKeys returns
	Keys          []minisign.PublicKey
	MoreKeys      func() []minisign.PublicKey // asked for each file; nil: none
}

// Inspect reads and verifies the library at path, and runs none of its code. What it
// could learn before a refusal is returned beside the error.
func (p *Policy) Inspect(path string) (*life.Description, error) {
	scratch, giveBack := Borrow()
	defer giveBack()
	b, size, err := read(path, scratch.Alloc)
	if err != nil {
		return nil, err
	}
	im, err := p.Verify(path, b, func(*Image) error { return nil })
	im.Description.Size = size // also of a file that was not read whole
	return &im.Description, err
}

// Verify judges the bytes of a file. The order goes from what the file is to
// what it says of itself, so that the first thing wrong is the one named.
//
// The digest of the image takes longer than all the rest, which is done beside it.
// Until it is compared, at the end, it is open whether the file is what was sealed:
// so meanwhile, which is called when nothing else is wrong, may read the image and
// must neither change it nor have any of it run. Its error refuses the file, too.
// Nobody reads the bytes any more when Verify returns.
func (p *Policy) Verify(path string, b []byte, meanwhile func(*Image) error) (*Image, error) {
	d := &Image{Description: life.Description{File: path, Size: int64(len(b))}, Bytes: b}
	sealed, err := manifest.Split(b)
	if err != nil {
		return d, p.judge(d, b, nil, err, meanwhile)
	}
	judged := make(chan error, 1)
	go func() { judged <- p.judge(d, b, sealed, nil, meanwhile) }()
	digest := sealed.Digest()
	err = <-judged
	if !d.Sealed { // it has not come as far as to ask for the digest
		return d, err
	}
	if wrong := sealed.CheckImage(digest); wrong != nil {
		d.Sealed, d.Manifest, d.Signature = false, manifest.Manifest{}, nil // means nothing
		return d, d.refuse(life.ErrSeal, detail(wrong, manifest.ErrSeal), "copy or build it again")
	}
	return d, err
}

// judge is Verify without the digest. noSeal is why there is no seal, if there is
// none.
func (p *Policy) judge(d *Image, b []byte, sealed *manifest.Sealed, noSeal error, meanwhile func(*Image) error) error {
	if err := d.checkELF(b); err != nil {
		return err
	}
	if reason, cause, advice := p.checkSeal(d, sealed, noSeal); reason != nil {
		return d.refuse(reason, cause, advice)
	}
	if p.Name != "" && d.Name != p.Name {
		return d.refuse(life.ErrName, fmt.Errorf("it is %q, wanted is %q", d.Name, p.Name),
			"build it with --name "+p.Name+", or use a slot of its name")
	}
	if base := fileName(&d.Description); p.FileName && filepath.Base(d.File) != base {
		return d.refuse(life.ErrName, fmt.Errorf("it is %s v%s", d.Name, d.Version), "rename it to "+base)
	}
	if reason, cause, advice := p.checkNeeded(d); reason != nil {
		return d.refuse(reason, cause, advice)
	}
	defer func() { d.Needed.Close() }() // nil, if meanwhile took it
	return meanwhile(d)
}

// fileName is how a library's file is named. A version that is none has no such name.
func fileName(d *life.Description) string {
	v, err := version.Parse(d.Version)
	if err != nil {
		return ""
	}
	return version.FileName(d.Name, v)
}

func (d *Image) refuse(reason, cause error, advice string) error {
	return &life.Error{File: d.File, Name: d.Name, Version: d.Version, Step: life.StepVerify,
		Reason: reason, Cause: cause, Advice: advice}
}

// checkELF judges the image in the file b by itself. It adds to d what the image
// says.
func (d *Image) checkELF(b []byte) error {
	spec, err := elfimage.Parse(b)
	switch {
	case errors.Is(err, elfimage.ErrWrongMachine):
		return d.refuse(life.ErrMachine, detail(err, elfimage.ErrWrongMachine), "build it for this machine")
	case errors.Is(err, elfimage.ErrNotELF), errors.Is(err, elfimage.ErrNotShared):
		return d.refuse(life.ErrNotELF, detail(err, elfimage.ErrNotELF), "build it with hotso build")
	case err != nil:
		return d.refuse(life.ErrCorrupt, detail(err, elfimage.ErrCorrupt), "copy or build it again")
	}
	d.ELF = spec
	_, _, d.Exclusive = spec.GoFunc(abi.FuncExclusive)

	const link = "import github.com/hotso/hotso/cabi and build it with hotso build"
	desc, err := readDescriptor(spec, b)
	if err != nil {
		return d.refuse(life.ErrNotLibrary, err, link)
	}
	d.Name, d.Version, d.ABI, d.Flags = desc.Name, desc.Version, desc.ABI, desc.Flags
	if desc.ABI != abi.Version {
		return d.refuse(life.ErrABI, fmt.Errorf("the library has ABI %d, this host %d", desc.ABI, abi.Version),
			"build both with the same hotso")
	}
	if flag := spec.Sanitizer(); flag != "" {
		return d.refuse(life.ErrSanitizer, fmt.Errorf("it was built with %s, whose runtime ends a process that was started without it", flag),
			"build it without "+flag)
	}
	// Which symbols there must be is a matter of the ABI version.
	if err := checkExports(spec, abi.ControlSymbols); err != nil {
		return d.refuse(life.ErrNotLibrary, err, link)
	}
	return nil
}

// detail drops from an error what the reason in front of it says already.
func detail(err, said error) error {
	return errors.New(strings.TrimPrefix(err.Error(), said.Error()+": "))
}

// Key names the content of a version: the same bytes in another file are the same
// version.
func (d *Image) Key() string { return d.Version + " " + d.Manifest.Image.SHA256 }

// readDescriptor reads the descriptor out of the file.
func readDescriptor(spec *elfimage.Spec, b []byte) (abi.Descriptor, error) {
	if err := checkExports(spec, []string{abi.SymDescriptor}); err != nil {
		return abi.Descriptor{}, err
	}
	sym, _ := spec.Export(abi.SymDescriptor)
	off, ok := spec.Offset(sym.Value)
	if !ok || off < 0 || off > int64(len(b)) {
		return abi.Descriptor{}, errors.New("its descriptor is not in the file")
	}
	return abi.DecodeDescriptor(b[off:])
}

// checkExports reports which symbols dlsym would not find.
func checkExports(spec *elfimage.Spec, names []string) error {
	var missing []string
	for _, name := range names {
		if _, ok := spec.Export(name); !ok {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("it does not export %s", strings.Join(missing, ", "))
	}
	return nil
}
