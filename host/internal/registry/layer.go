package registry

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// headerSize is that of what is before the file in a layer: one block of the tar format, in bytes.
const headerSize = 512

// trailer is what a tar archive ends with: zeros up to the next block, and two blocks more.
func trailer(size int64) int64 { return (512-size%512)%512 + 2*512 }

// A layerFile is a file that reads as the layer with it, without a copy.
type layerFile struct {
	file   *os.File
	size   int64 // of the file
	header []byte
}

// newLayer describes the file. Nothing of its owner, mode or times goes into the layer.
func newLayer(f *os.File, size int64, name string) (*layerFile, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o755, Size: size, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR})
	if err == nil && b.Len() != headerSize {
		err = fmt.Errorf("the name is too long")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: pack it: %w", name, err)
	}
	return &layerFile{f, size, b.Bytes()}, nil
}

// reader reads the layer from its start.
func (l *layerFile) reader() io.Reader {
	return io.MultiReader(bytes.NewReader(l.header), io.NewSectionReader(l.file, 0, l.size), bytes.NewReader(make([]byte, trailer(l.size))))
}

// describe reads the file once.
func (l *layerFile) describe() (layer ocispec.Descriptor, file digest.Digest, err error) {
	whole, part := digest.SHA256.Digester(), digest.SHA256.Digester()
	_, _ = whole.Hash().Write(l.header)
	if _, err := io.Copy(io.MultiWriter(whole.Hash(), part.Hash()), io.NewSectionReader(l.file, 0, l.size)); err != nil {
		return layer, "", err
	}
	_, _ = whole.Hash().Write(make([]byte, trailer(l.size)))
	file = part.Digest()
	return ocispec.Descriptor{MediaType: ocispec.MediaTypeImageLayer, Digest: whole.Digest(), Size: headerSize + l.size + trailer(l.size),
		Annotations: map[string]string{digestAnnotation: file.String()}}, file, nil
}

// readHeader returns the size of the one file in a layer, which must have that name and fill the layer.
func readHeader(header []byte, layerSize int64, name string) (size int64, err error) {
	h, err := tar.NewReader(bytes.NewReader(header)).Next()
	switch {
	case err != nil:
		return 0, fmt.Errorf("%w: the layer is no tar archive: %w", ErrNoLibrary, err)
	case h.Typeflag != tar.TypeReg || h.Name != name:
		return 0, fmt.Errorf("%w: the layer begins with %q, want the file %s", ErrNoLibrary, h.Name, name)
	case h.Size < 0 || h.Size > layerSize-headerSize || headerSize+h.Size+trailer(h.Size) != layerSize:
		return 0, fmt.Errorf("%w: a layer of %d bytes with a file of %d", ErrNoLibrary, layerSize, h.Size)
	}
	return h.Size, nil
}
