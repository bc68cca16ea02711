package oci

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/hotso/hotso/host/internal/blobcache"
	"github.com/hotso/hotso/host/internal/leftover"
	"github.com/hotso/hotso/host/internal/regular"
	"github.com/hotso/hotso/host/internal/version"
)

const (
	evidenceSuffix = ".json"
	evidencePrefix = ".evidence-"
	maxEvidence    = 1 << 20 // bytes
)

// An evidence is why a file in the directory may run. It is in a file of its own, so that what came before WithVerifier was given has none.
//
//	DIR/evidence/libgreeter.v2.so.json
type evidence struct {
	Manifest digest.Digest `json:"manifest"`
	File     string        `json:"file"` // digest
	Evidence []byte        `json:"evidence"`
}

func (c *channel) evidences() string { return filepath.Join(c.dir, "evidence") }

// vouch keeps the evidence of a file that is about to be put into the directory under that name.
func (c *channel) vouch(name string, e evidence) error {
	if len(e.Evidence) > maxEvidence {
		return errors.New("the evidence of a signature is too large to be kept")
	}
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.evidences(), 0o700); err != nil {
		return err
	}
	c.forget(name)
	return leftover.Replace(filepath.Join(c.evidences(), name+evidenceSuffix), evidencePrefix, append(b, '\n'))
}

// forget removes the evidence of files that are not there any more, but for one.
func (c *channel) forget(but string) {
	entries, _ := os.ReadDir(c.evidences())
	for _, e := range entries {
		name, isEvidence := strings.CutSuffix(e.Name(), evidenceSuffix)
		if _, err := os.Lstat(filepath.Join(c.libraries(), name)); isEvidence && name != but && errors.Is(err, os.ErrNotExist) {
			_ = os.Remove(filepath.Join(c.evidences(), e.Name()))
		}
	}
}

// recheck removes the files that v does not accept. They stay in the cache, where they are found when it accepts them.
func (c *channel) recheck(v Verifier) error {
	leftover.Sweep(c.evidences(), evidencePrefix)
	entries, err := os.ReadDir(c.libraries())
	if err != nil {
		return err
	}
	for _, file := range entries {
		path := filepath.Join(c.libraries(), file.Name())
		e, ok := c.evidenceOf(file.Name())
		if ok && v.Recheck(e.Manifest, e.Evidence) == nil && e.File == digestOf(path) {
			continue
		}
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return nil
}

// restore has the version that is to run be in the directory again, if a recheck has removed it and v accepts it now.
func (c *channel) restore(v Verifier, cache *blobcache.Cache) {
	now := c.state.Current
	if now == nil || c.isThere() {
		return
	}
	parsed, err := version.Parse(now.Version)
	if err != nil {
		return
	}
	name := version.FileName(now.Library, parsed)
	e, ok := c.evidenceOf(name)
	if !ok || e.File != now.File || v.Recheck(e.Manifest, e.Evidence) != nil {
		return
	}
	if path, ok := cache.Get(blobcache.Key{SHA256: digest.Digest(e.File).Encoded(), Name: name}); ok {
		_ = link(path, filepath.Join(c.libraries(), name)) // or the registry has it
	}
}

// known finds evidence of a manifest that v accepts: to go back needs no signature in the registry any more.
func (c *channel) known(v Verifier, manifest digest.Digest) ([]byte, bool) {
	entries, _ := os.ReadDir(c.evidences())
	for _, file := range entries {
		name, _ := strings.CutSuffix(file.Name(), evidenceSuffix)
		if e, ok := c.evidenceOf(name); ok && e.Manifest == manifest && v.Recheck(manifest, e.Evidence) == nil {
			return e.Evidence, true
		}
	}
	return nil, false
}

// evidenceOf is that of a file, as it was left on disk. It is not checked.
func (c *channel) evidenceOf(name string) (e evidence, ok bool) {
	f, info, err := regular.OpenNoFollow(filepath.Join(c.evidences(), name+evidenceSuffix))
	if err != nil {
		return e, false
	}
	defer f.Close()
	if info.Size() > 2*maxEvidence { // it is in base64
		return e, false
	}
	b := make([]byte, info.Size())
	if _, err := f.ReadAt(b, 0); err != nil {
		return e, false
	}
	return e, json.Unmarshal(b, &e) == nil && e.Manifest.Validate() == nil && digest.Digest(e.File).Validate() == nil
}
