package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hotso/hotso/cabi/abi"
)

// Format is the version of the payload's fields.
const Format = 1

// A Manifest says what a library is, before any of its code runs.
type Manifest struct {
	Format    int        `json:"format"`
	Name      string     `json:"name"`
	Version   string     `json:"version"`
	ABI       uint32     `json:"abi"`
	Go        string     `json:"go"` // toolchain, as runtime.Version has it
	OS        string     `json:"os"`
	Arch      string     `json:"arch"`
	Functions []Function `json:"functions"` // sorted by name
	Image     Image      `json:"image"`
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

// check reports what makes a manifest unusable whatever library it stands behind.
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
// that comes twice or in capitals; that it reads back the same excludes it all.
func decode(payload []byte) (*Manifest, error) {
	m := new(Manifest)
	if err := json.Unmarshal(payload, m); err != nil {
		return nil, fmt.Errorf("%w: manifest: %w", ErrSeal, err)
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	if again, err := m.encode(); err != nil || !bytes.Equal(again, payload) {
		return nil, fmt.Errorf("%w: the manifest is not written as this format has it", ErrSeal)
	}
	return m, nil
}
