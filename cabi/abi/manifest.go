package abi

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A sealed library is
//
//	image    the ELF file as the linker wrote it, stamped with name and version
//	payload  the Manifest as JSON, UTF-8
//	footer   64 bytes, little endian:
//	         0  char[16]  FooterMagic
//	         16 uint64    length of the payload in bytes
//	         24 byte[32]  SHA-256 of the payload
//	         56 byte[8]   zero
//
// The footer is the end of the file, as the kernel's signed modules have it,
// so dlopen and the binutils see an ordinary shared object with bytes behind.
const (
	FooterSize  = 64
	FooterMagic = "\nhotso seal v1\n\x00"

	// ManifestFormat is the version of the payload's fields.
	ManifestFormat = 1

	// MaxPayload bounds what Unseal parses.
	MaxPayload = 1 << 20
)

// Errors of Unseal.
var (
	ErrNoSeal = errors.New("no seal")         // no footer at the end: not sealed, or cut off
	ErrSeal   = errors.New("seal is damaged") // a footer, but what it covers is not what was sealed
)

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
	Signature string `json:"signature"` // as Signature.String writes it
}

// Image is what the seal covers in front of the payload.
type Image struct {
	Size   int64  `json:"size"`
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
	if m.Format != ManifestFormat {
		return fmt.Errorf("%w: manifest format %d, this program reads %d", ErrSeal, m.Format, ManifestFormat)
	}
	if err := errors.Join(checkName("name", m.Name), checkName("version", m.Version)); err != nil {
		return fmt.Errorf("%w: %w", ErrSeal, err)
	}
	for i, f := range m.Functions {
		if !identifier(f.Name) {
			return fmt.Errorf("%w: function %q: not an identifier", ErrSeal, f.Name)
		}
		if i > 0 && m.Functions[i-1].Name >= f.Name {
			return fmt.Errorf("%w: functions are not sorted by name at %q", ErrSeal, f.Name)
		}
		if _, err := ParseSignature(f.Signature); err != nil {
			return fmt.Errorf("%w: function %s: %w", ErrSeal, f.Name, err)
		}
	}
	return nil
}

// Seal returns image with m behind it. It fills in m's Format and Image and
// sorts its functions. The image is not copied if it has room for the seal.
func Seal(image []byte, m *Manifest) ([]byte, error) {
	m.Format = ManifestFormat
	sum := sha256.Sum256(image)
	m.Image = Image{Size: int64(len(image)), SHA256: hex.EncodeToString(sum[:])}
	if m.Functions == nil {
		m.Functions = []Function{}
	}
	slices.SortFunc(m.Functions, func(a, b Function) int { return strings.Compare(a.Name, b.Name) })
	if err := m.check(); err != nil {
		return nil, err
	}
	payload, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	if len(payload) > MaxPayload {
		return nil, fmt.Errorf("manifest of %d bytes, more than %d", len(payload), MaxPayload)
	}
	var footer [FooterSize]byte
	copy(footer[:], FooterMagic)
	binary.LittleEndian.PutUint64(footer[16:], uint64(len(payload)))
	sum = sha256.Sum256(payload)
	copy(footer[24:], sum[:])
	return append(append(image, payload...), footer[:]...), nil
}

// Unseal checks the seal at the end of file and returns the image, a part of
// file, and the manifest. It reads every byte once. Any changed, missing or
// added byte makes it fail.
func Unseal(file []byte) ([]byte, *Manifest, error) {
	if len(file) < FooterSize {
		return nil, nil, fmt.Errorf("%w: %d bytes", ErrNoSeal, len(file))
	}
	body, footer := file[:len(file)-FooterSize], file[len(file)-FooterSize:]
	if string(footer[:16]) != FooterMagic {
		return nil, nil, fmt.Errorf("%w at the end of the file", ErrNoSeal)
	}
	if !bytes.Equal(footer[56:], make([]byte, 8)) {
		return nil, nil, fmt.Errorf("%w: footer's reserved bytes are not zero", ErrSeal)
	}
	n := binary.LittleEndian.Uint64(footer[16:])
	if n > MaxPayload || n > uint64(len(body)) {
		return nil, nil, fmt.Errorf("%w: manifest of %d bytes in a file of %d", ErrSeal, n, len(file))
	}
	image, payload := body[:len(body)-int(n):len(body)-int(n)], body[len(body)-int(n):]
	if sha256.Sum256(payload) != [32]byte(footer[24:56]) {
		return nil, nil, fmt.Errorf("%w: the manifest does not match its digest", ErrSeal)
	}
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.DisallowUnknownFields()
	m := new(Manifest)
	if err := dec.Decode(m); err != nil {
		return nil, nil, fmt.Errorf("%w: manifest: %w", ErrSeal, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, nil, fmt.Errorf("%w: bytes behind the manifest's JSON", ErrSeal)
	}
	if err := m.check(); err != nil {
		return nil, nil, err
	}
	if m.Image.Size != int64(len(image)) {
		return nil, nil, fmt.Errorf("%w: image of %d bytes, sealed were %d", ErrSeal, len(image), m.Image.Size)
	}
	if sum := sha256.Sum256(image); hex.EncodeToString(sum[:]) != m.Image.SHA256 {
		return nil, nil, fmt.Errorf("%w: the image does not match its digest", ErrSeal)
	}
	return image, m, nil
}
