package manifest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hotso/hotso/cabi/abi"
)

// Format is the version of the payload's fields.
const Format = 3

// A Manifest says what a library is, before any of its code runs.
type Manifest struct {
	Format    int        `json:"format"`
	Name      string     `json:"name"`
	Version   string     `json:"version"`
	ABI       uint32     `json:"abi"`
	Go        string     `json:"go"` // toolchain, as runtime.Version has it
	OS        string     `json:"os"`
	Arch      string     `json:"arch"`
	Functions []Function `json:"functions"`           // sorted by name
	Exclusive bool       `json:"exclusive,omitempty"` // only one version of it may be live at a time
	Contracts []Contract `json:"contracts,omitempty"` // that the library serves, sorted by name
	Needed    []string   `json:"needed"`              // what the dynamic linker loads beside it, as the image has it
	RunPath   string     `json:"run_path,omitempty"`  // where the image says that these are: DT_RUNPATH, or else DT_RPATH
	Libraries []Library  `json:"libraries,omitempty"` // of these and what they need, those that are not the system's; sorted by name
	Image     Image      `json:"image"`
}

// A Library is a shared object that was found outside of the system's directories when the
// library was built.
type Library struct {
	Name   string `json:"name"`   // as it is needed
	SHA256 string `json:"sha256"` // of its file, hexadecimal
}

// A Contract is a Go interface that the library serves: one function for each method.
type Contract struct {
	Name   string          `json:"name"`
	Schema json.RawMessage `json:"schema"` // see docs/wire.md
}

// A Function is one exported function.
type Function struct {
	Name      string `json:"name"`
	Signature string `json:"signature"` // as abi.Signature.String writes it
}

// Image is what the seal covers in front of the payload.
type Image struct {
	Size   int64  `json:"size"`   // bytes
	SHA256 string `json:"sha256"` // hexadecimal
}

// Function returns the function of that name.
func (m *Manifest) Function(name string) (Function, bool) {
	i, ok := slices.BinarySearchFunc(m.Functions, name, func(f Function, n string) int {
		return strings.Compare(f.Name, n)
	})
	if !ok {
		return Function{}, false
	}
	return m.Functions[i], true
}

// Contract returns the contract of that name.
func (m *Manifest) Contract(name string) (Contract, bool) {
	i := slices.IndexFunc(m.Contracts, func(c Contract) bool { return c.Name == name })
	if i < 0 {
		return Contract{}, false
	}
	return m.Contracts[i], true
}

// Library returns the shared object that is needed by that name.
func (m *Manifest) Library(name string) (Library, bool) {
	i := slices.IndexFunc(m.Libraries, func(l Library) bool { return l.Name == name })
	if i < 0 {
		return Library{}, false
	}
	return m.Libraries[i], true
}

// check reports what makes a manifest unusable, whatever its library is.
func (m *Manifest) check() error {
	if m.Format != Format {
		return fmt.Errorf("%w: manifest format %d, this program reads %d", ErrSeal, m.Format, Format)
	}
	if err := errors.Join(abi.CheckText("name", m.Name), abi.CheckText("version", m.Version)); err != nil {
		return fmt.Errorf("%w: %w", ErrSeal, err)
	}
	for i, f := range m.Functions {
		if !abi.IsIdentifier(f.Name) {
			return fmt.Errorf("%w: function %q: not an identifier", ErrSeal, f.Name)
		}
		if i > 0 && m.Functions[i-1].Name >= f.Name {
			return fmt.Errorf("%w: functions are not sorted by name at %q", ErrSeal, f.Name)
		}
		if _, err := abi.ParseSignature(f.Signature); err != nil {
			return fmt.Errorf("%w: function %s: %w", ErrSeal, f.Name, err)
		}
	}
	for i, c := range m.Contracts {
		if !abi.IsIdentifier(c.Name) || len(c.Schema) == 0 {
			return fmt.Errorf("%w: contract %q: no name or no schema", ErrSeal, c.Name)
		}
		if i > 0 && m.Contracts[i-1].Name >= c.Name {
			return fmt.Errorf("%w: contracts are not sorted by name at %q", ErrSeal, c.Name)
		}
	}
	for i, l := range m.Libraries {
		if i > 0 && m.Libraries[i-1].Name >= l.Name {
			return fmt.Errorf("%w: libraries are not sorted by name at %q", ErrSeal, l.Name)
		}
		if sum, err := hex.DecodeString(l.SHA256); err != nil || len(sum) != sha256.Size {
			return fmt.Errorf("%w: library %q: its digest is no SHA-256", ErrSeal, l.Name)
		}
	}
	return nil
}

// encode writes the payload.
func (m *Manifest) encode() ([]byte, error) {
	payload, err := json.Marshal(m)
	if err == nil && len(payload) > MaxPayload {
		err = fmt.Errorf("manifest of %d bytes, more than %d", len(payload), MaxPayload)
	}
	return payload, err
}

// decode reads what encode writes. encoding/json forgives much, such as a field
// that comes twice or in capitals; encoding the result again and comparing rules that out.
func decode(payload []byte) (*Manifest, error) {
	m := new(Manifest)
	if err := json.Unmarshal(payload, m); err != nil {
		return nil, fmt.Errorf("%w: manifest: %w", ErrSeal, err)
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	if again, err := m.encode(); err != nil || !bytes.Equal(again, payload) {
		return nil, fmt.Errorf("%w: the manifest is not written as this format requires", ErrSeal)
	}
	return m, nil
}
