package host

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host/internal/elfimage"
)

// A Description is what can be known of a library without running any of it.
type Description struct {
	File      string            `json:"file"`
	Name      string            `json:"name"`
	Version   string            `json:"version"`
	ABI       uint32            `json:"abi"`
	Sealed    bool              `json:"sealed"`
	Manifest  manifest.Manifest `json:"manifest"`            // zero if it is not sealed
	Signature *Signature        `json:"signature,omitempty"` // nil if it is not signed
	Size      int64             `json:"size"`                // bytes of the file
	ELF       *elfimage.Spec    `json:"-"`                   // only from Inspect

	flags uint32
	image []byte // the ELF image, a part of the file's private bytes
}

// Inspect reads and verifies the library at path and runs none of its code.
// It refuses what Open refuses. What it could learn before the refusal is
// returned beside the error.
func Inspect(path string, opts ...Option) (*Description, error) {
	b, err := readFile(path, onHeap)
	if err != nil {
		return nil, err
	}
	return newConfig(opts).verify(path, b, func(*Description) error { return nil })
}

// verify judges the bytes of a file. The order goes from what the file is to
// what it says of itself, so that the first thing wrong is the one named.
//
// The digest of the image takes longer than all the rest, which is done beside it.
// Until it is compared, at the end, it is open whether the file is what was sealed:
// so meanwhile, which is called when nothing else is wrong, may read the image and
// must neither change it nor have any of it run. Its error refuses the file, too.
// Nobody reads the bytes any more when verify returns.
func (c *config) verify(path string, b []byte, meanwhile func(*Description) error) (*Description, error) {
	d := &Description{File: path, Size: int64(len(b)), image: b}
	sealed, err := manifest.Split(b)
	if err != nil {
		return d, c.judge(d, b, nil, err, meanwhile)
	}
	judged := make(chan error, 1)
	go func() { judged <- c.judge(d, b, sealed, nil, meanwhile) }()
	digest := sealed.Digest()
	err = <-judged
	if !d.Sealed { // it has not come as far as to ask for the digest
		return d, err
	}
	if wrong := sealed.CheckImage(digest); wrong != nil {
		d.Sealed, d.Manifest, d.Signature = false, manifest.Manifest{}, nil // means nothing
		return d, d.refuse(ErrSeal, detail(wrong, manifest.ErrSeal), "copy or build it again")
	}
	return d, err
}

// judge is verify without the digest. noSeal is why there is no seal, if there is
// none.
func (c *config) judge(d *Description, b []byte, sealed *manifest.Sealed, noSeal error, meanwhile func(*Description) error) error {
	if err := d.checkELF(b); err != nil {
		return err
	}
	if reason, cause, advice := c.checkSeal(d, sealed, noSeal); reason != nil {
		return d.refuse(reason, cause, advice)
	}
	if c.name != "" && d.Name != c.name {
		return d.refuse(ErrName, fmt.Errorf("it is %q, wanted is %q", d.Name, c.name),
			"build it with --name "+c.name+", or use a slot of its name")
	}
	return meanwhile(d)
}

func (d *Description) refuse(reason, cause error, advice string) error {
	return &Error{File: d.File, Name: d.Name, Version: d.Version, Step: StepVerify,
		Reason: reason, Cause: cause, Advice: advice}
}

// checkELF judges the image in the file b by itself. It adds to d what the image
// says.
func (d *Description) checkELF(b []byte) error {
	spec, err := elfimage.Parse(b)
	switch {
	case errors.Is(err, elfimage.ErrWrongMachine):
		return d.refuse(ErrMachine, detail(err, elfimage.ErrWrongMachine), "build it for this machine")
	case errors.Is(err, elfimage.ErrNotELF), errors.Is(err, elfimage.ErrNotShared):
		return d.refuse(ErrNotELF, detail(err, elfimage.ErrNotELF), "build it with hotso build")
	case err != nil:
		return d.refuse(ErrCorrupt, detail(err, elfimage.ErrCorrupt), "copy or build it again")
	}
	d.ELF = spec

	const link = "import github.com/hotso/hotso/cabi and build it with hotso build"
	desc, err := readDescriptor(spec, b)
	if err != nil {
		return d.refuse(ErrNotLibrary, err, link)
	}
	d.Name, d.Version, d.ABI, d.flags = desc.Name, desc.Version, desc.ABI, desc.Flags
	if desc.ABI != abi.Version {
		return d.refuse(ErrABI, fmt.Errorf("the library has ABI %d, this host %d", desc.ABI, abi.Version),
			"build both with the same hotso")
	}
	// Which symbols there must be is a matter of the ABI version.
	if err := checkExports(spec, abi.ControlSymbols); err != nil {
		return d.refuse(ErrNotLibrary, err, link)
	}
	return nil
}

// detail drops from an error what the reason in front of it says already.
func detail(err, said error) error {
	return errors.New(strings.TrimPrefix(err.Error(), said.Error()+": "))
}

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
