package libbuild

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"aead.dev/minisign"

	"github.com/hotso/hotso/cabi/abi/manifest"
)

// Sign returns a sealed file with a signature of its manifest, in place of any
// that it has. The same file and key give the same bytes.
func Sign(file []byte, key minisign.PrivateKey) ([]byte, error) {
	s, err := manifest.Unseal(file)
	if err != nil {
		return nil, err
	}
	return sign(s, key)
}

// sign signs prehashed, as minisign does unless it is told otherwise. There is
// no time in the comment, so that builds can be reproduced.
func sign(s *manifest.Sealed, key minisign.PrivateKey) ([]byte, error) {
	r := minisign.NewReader(bytes.NewReader(s.Payload))
	if _, err := io.Copy(io.Discard, r); err != nil {
		return nil, err
	}
	comment := "hotso library " + s.Manifest.Name + " " + s.Manifest.Version
	return s.Attach(r.SignWithComments(key, comment, fmt.Sprintf("signature from key %016X", key.ID())))
}

// A Change is what Reseal changes in a sealed library. Zero fields change nothing,
// but a signature is dropped if what it covers changes.
type Change struct {
	Name, Version string
	Key           *minisign.PrivateKey // to sign with
	Signature     []byte               // or the text of a .minisig file for the manifest as it is
	Output        string               // directory; default: that of the file
}

// Reseal writes the library at path, changed, to lib<name>.v<version>.so, in
// one atomic rename; that may be path itself. A library that is not sealed is
// an error: its function signatures are in its source only.
func Reseal(ctx context.Context, path string, c Change) (Result, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return Result{}, err
	}
	s, err := manifest.Unseal(file)
	if errors.Is(err, manifest.ErrNoSeal) {
		err = fmt.Errorf("%w: build it with hotso build, which knows its functions", err)
	}
	if err != nil {
		return Result{}, fmt.Errorf("%s: %w", path, err)
	}
	if file, err = c.apply(file, s); err != nil {
		return Result{}, fmt.Errorf("%s: %w", path, err)
	}
	if c.Output == "" {
		c.Output = filepath.Dir(path)
	} else if err := os.MkdirAll(c.Output, 0o777); err != nil {
		return Result{}, err
	}
	temp, remove, err := workDir(c.Output)
	if err != nil {
		return Result{}, err
	}
	defer remove()
	m := s.Manifest
	path = filepath.Join(c.Output, fileName(m.Name, m.Version))
	if err := publish(ctx, file, filepath.Join(temp, "sealed"), path, true); err != nil {
		return Result{}, err
	}
	return Result{Path: path, Manifest: m}, nil
}

// apply returns the changed file, and changes s.Manifest.
func (c *Change) apply(file []byte, s *manifest.Sealed) (_ []byte, err error) {
	m := s.Manifest
	if c.Name != "" && c.Name != m.Name || c.Version != "" && c.Version != m.Version {
		if c.Name != "" {
			m.Name = c.Name
		}
		if c.Version != "" {
			m.Version = c.Version
		}
		if err := errors.Join(checkName(m.Name), checkVersion(m.Version)); err != nil {
			return nil, err
		}
		if file, err = Seal(bytes.Clone(s.Image), m); err != nil {
			return nil, err
		}
	}
	switch {
	case c.Key != nil:
		return Sign(file, *c.Key)
	case c.Signature != nil:
		if s, err = manifest.Unseal(file); err != nil {
			return nil, err
		}
		return s.Attach(c.Signature)
	}
	return file, nil
}
