package manifest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// The footer and the bounds of what is in front of it, in bytes.
const (
	FooterSize  = 64
	FooterMagic = "\nhotso seal v1\n\x00"

	MaxPayload   = 1 << 20
	MaxSignature = 4 << 10

	payloadSize   = 16 // offsets in the footer
	digest        = 24
	signatureSize = 56
)

// Errors of Unseal and its steps.
var (
	ErrNoSeal = errors.New("no seal")         // no footer at the end: not sealed, or cut off
	ErrSeal   = errors.New("seal is damaged") // a footer, but what it covers is not what was sealed
)

// Sealed is a sealed library taken apart. The slices are parts of the file.
type Sealed struct {
	Image     []byte
	Payload   []byte // what a signature covers
	Signature []byte // text of a .minisig file, not verified; empty if there is none
	Manifest  *Manifest
}

// Seal returns image with m after it, not signed. It fills in m's Format and
// Image and sorts its functions and libraries. The image is not copied if it has room for the
// seal.
func Seal(image []byte, m *Manifest) ([]byte, error) {
	m.Format = Format
	m.Image = Image{Size: int64(len(image)), SHA256: (&Sealed{Image: image}).Digest()}
	if m.Functions == nil {
		m.Functions = []Function{}
	}
	if m.Needed == nil {
		m.Needed = []string{}
	}
	slices.SortFunc(m.Functions, func(a, b Function) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(m.Libraries, func(a, b Library) int { return strings.Compare(a.Name, b.Name) })
	if err := m.check(); err != nil {
		return nil, err
	}
	payload, err := m.encode()
	if err != nil {
		return nil, err
	}
	return finish(image, payload, nil), nil
}

// Attach returns a new file that is s with another signature, which is the text
// of a .minisig file for s.Payload. Without one the file is not signed.
func (s *Sealed) Attach(signature []byte) ([]byte, error) {
	if len(signature) > MaxSignature {
		return nil, fmt.Errorf("signature of %d bytes, more than %d", len(signature), MaxSignature)
	}
	return finish(slices.Clip(s.Image), s.Payload, signature), nil
}

// finish appends everything to the image.
func finish(image, payload, signature []byte) []byte {
	covered := slices.Concat(payload, signature)
	var footer [FooterSize]byte
	copy(footer[:], FooterMagic)
	binary.LittleEndian.PutUint64(footer[payloadSize:], uint64(len(payload)))
	binary.LittleEndian.PutUint64(footer[signatureSize:], uint64(len(signature)))
	sum := sha256.Sum256(covered)
	copy(footer[digest:], sum[:])
	return append(append(image, covered...), footer[:]...)
}

// Unseal checks the seal at the end of file and takes the file apart. It reads
// every byte once. Any changed, missing or added byte makes it fail. It does
// not verify the signature.
func Unseal(file []byte) (*Sealed, error) {
	s, err := Split(file)
	if err == nil {
		err = s.ReadManifest()
	}
	if err == nil {
		err = s.CheckImage(s.Digest())
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Split is the first step of Unseal. After it come ReadManifest, and CheckImage with
// the result of Digest, which takes longest and can be computed as soon as the file is
// split. Until all of them have succeeded, neither image nor manifest can be trusted.
func Split(file []byte) (*Sealed, error) {
	if len(file) < FooterSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrNoSeal, len(file))
	}
	rest, footer := cut(file, FooterSize)
	p, n, err := readFooter(footer, int64(len(file)))
	if err != nil {
		return nil, err
	}
	image, covered := cut(rest, p+n)
	s, err := split(footer, covered, n)
	if err == nil {
		s.Image = image
	}
	return s, err
}

// ReadSeal reads what follows the image in a file of size bytes, and the manifest. The result has no Image, and so
// none that could have been checked: it is good to look at, and not to trust a file by. Errors are those of Split and
// ReadManifest, or of r.
func ReadSeal(r io.ReaderAt, size int64) (*Sealed, error) {
	footer := make([]byte, FooterSize)
	if size < FooterSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrNoSeal, size)
	}
	if err := readAt(r, footer, size-FooterSize); err != nil {
		return nil, err
	}
	p, n, err := readFooter(footer, size)
	if err != nil {
		return nil, err
	}
	covered := make([]byte, p+n)
	image := size - FooterSize - int64(len(covered))
	if err := readAt(r, covered, image); err != nil {
		return nil, err
	}
	s, err := split(footer, covered, n)
	if err != nil {
		return nil, err
	}
	return s, s.readManifest(image)
}

func readAt(r io.ReaderAt, b []byte, at int64) error {
	n, err := r.ReadAt(b, at)
	if n == len(b) {
		return nil // also with io.EOF
	}
	return err
}

// readFooter returns the lengths of payload and signature in a file of size bytes.
func readFooter(footer []byte, size int64) (p, n int, err error) {
	if string(footer[:len(FooterMagic)]) != FooterMagic {
		return 0, 0, fmt.Errorf("%w at the end of the file", ErrNoSeal)
	}
	payload := binary.LittleEndian.Uint64(footer[payloadSize:])
	signature := binary.LittleEndian.Uint64(footer[signatureSize:])
	if payload > MaxPayload || signature > MaxSignature || payload+signature > uint64(size)-FooterSize {
		return 0, 0, fmt.Errorf("%w: manifest of %d and signature of %d bytes in a file of %d", ErrSeal, payload, signature, size)
	}
	return int(payload), int(signature), nil
}

// split takes apart what the footer covers, of which the last n bytes are the signature.
func split(footer, covered []byte, n int) (*Sealed, error) {
	if sha256.Sum256(covered) != [sha256.Size]byte(footer[digest:]) {
		return nil, fmt.Errorf("%w: the manifest does not match its digest", ErrSeal)
	}
	payload, signature := cut(covered, n)
	return &Sealed{Payload: payload, Signature: signature}, nil
}

// ReadManifest sets the manifest from the payload.
func (s *Sealed) ReadManifest() error { return s.readManifest(int64(len(s.Image))) }

// readManifest sets the manifest of an image of size bytes.
func (s *Sealed) readManifest(size int64) error {
	m, err := decode(s.Payload)
	if err != nil {
		return err
	}
	if m.Image.Size != size {
		return fmt.Errorf("%w: image of %d bytes, but %d were sealed", ErrSeal, size, m.Image.Size)
	}
	s.Manifest = m
	return nil
}

// Digest returns the SHA-256 of the image in hexadecimal.
func (s *Sealed) Digest() string {
	sum := sha256.Sum256(s.Image)
	return hex.EncodeToString(sum[:])
}

// CheckImage compares the image's digest with what the manifest says.
func (s *Sealed) CheckImage(digest string) error {
	if digest != s.Manifest.Image.SHA256 {
		return fmt.Errorf("%w: the image does not match its digest", ErrSeal)
	}
	return nil
}

// cut splits off the last n bytes. What is in front can't grow into them.
func cut(b []byte, n int) (front, back []byte) {
	at := len(b) - n
	return b[:at:at], b[at:]
}
