package main

import (
	"cmp"
	"context"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/registry"
)

// inspectRegistry shows what a library in a registry is, by those parts of the file that say so.
func inspectRegistry(ctx context.Context, t *terminal, reference string, f inspectFlags) error {
	if f.explain || f.extract != "" || len(f.keys) > 0 {
		return usagef("%s: --key, --explain and --extract need all of the file: hotso pull %s first", reference, reference)
	}
	c, err := f.registry.openTagged(reference)
	if err != nil {
		return err
	}
	defer c.Close()
	index, err := c.Index(ctx, c.Reference.Tag)
	if err != nil {
		return err
	}
	all := []inspection{}
	for _, e := range index.Entries {
		i, err := inspectEntry(ctx, c, e)
		if err != nil {
			return err
		}
		all = append(all, i)
	}
	if f.json && len(all) == 1 {
		return t.json(all[0])
	}
	if f.json {
		return t.json(all)
	}
	for n, i := range all {
		if n > 0 {
			fmt.Fprintln(t.out)
		}
		i.print(t)
	}
	return nil
}

func inspectEntry(ctx context.Context, c *registry.Client, e registry.Entry) (inspection, error) {
	l, err := c.Library(ctx, e)
	if err != nil {
		return inspection{}, err
	}
	file, err := c.Open(ctx, l)
	if err != nil {
		return inspection{}, err
	}
	where := c.Reference.WithTag(e.Descriptor.Digest.String()).String()
	s, err := manifest.ReadSeal(file, file.Size)
	if err != nil {
		return inspection{}, fmt.Errorf("%s: %w", where, err)
	}
	m := s.Manifest
	d := &host.Description{File: where, Size: file.Size, Name: m.Name, Version: m.Version, ABI: m.ABI, Sealed: true, Manifest: *m, Exclusive: m.Exclusive}
	if l.Signed != "" {
		d.Signature = &host.Signature{KeyID: l.Signed}
	}
	i := newInspection(d, nil, nil)
	i.ELF, err = remoteELF(newBlocks(file, file.Size))
	if err != nil {
		return i, fmt.Errorf("%s: its headers: %w", where, err)
	}
	return i, nil
}

// remoteELF reads the headers.
func remoteELF(r io.ReaderAt) (*elfFacts, error) {
	f, err := elf.NewFile(r)
	if err != nil {
		return nil, err
	}
	e := &elfFacts{Machine: strings.TrimPrefix(f.Machine.String(), "EM_"), Needed: []string{}, Stripped: f.Section(".symtab") == nil}
	needed, err := f.ImportedLibraries()
	e.Needed = append(e.Needed, needed...)
	paths, err2 := f.DynString(elf.DT_RUNPATH)
	older, err3 := f.DynString(elf.DT_RPATH)
	flags, err4 := f.DynValue(elf.DT_FLAGS_1)
	if err := errors.Join(err, err2, err3, err4); err != nil {
		return nil, err
	}
	e.RunPath = cmp.Or(strings.Join(paths, ":"), strings.Join(older, ":"))
	for _, v := range flags {
		e.NoDelete = e.NoDelete || elf.DynFlag1(v)&elf.DF_1_NODELETE != 0
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_TLS {
			e.TLS = p.Memsz
		}
	}
	e.BuildID = buildID(f)
	return e, nil
}

// buildID is that of the GNU note (elf(5)), empty if there is none.
func buildID(f *elf.File) string {
	s := f.Section(".note.gnu.build-id")
	if s == nil || s.Size > 1<<10 {
		return ""
	}
	b, err := s.Data()
	if err != nil || len(b) < 16 {
		return ""
	}
	name, desc := f.ByteOrder.Uint32(b), f.ByteOrder.Uint32(b[4:])
	at := 12 + (uint64(name)+3)/4*4
	if at+uint64(desc) > uint64(len(b)) {
		return ""
	}
	return hex.EncodeToString(b[at : at+uint64(desc)])
}
