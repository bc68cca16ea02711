package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/fatih/color"
	"github.com/spf13/cobra"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/help"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/explain"
)

func newInspect(t *terminal) *cobra.Command {
	var f inspectFlags
	cmd := &cobra.Command{
		Use:   "inspect FILE | REGISTRY/NAME:TAG",
		Short: "Show what a library is, without running any of it",
		Long: `Show what is known about FILE without running any of it: name, version, seal,
functions, contracts, and what the ELF image says. If hotso would not load it, the reason
comes last and the exit code is 3. With --key, a signature that none of the keys
made is such a reason; without --key, a signature is shown but not verified.

Of REGISTRY/NAME:TAG only the parts that say so are read, of each platform: the seal and the headers. That the
rest is what the seal says, hotso pull checks.

--explain adds sentences on what its C and C++ code does that matters for unloading
it, and what follows: "refused", "stays" in the process, "careful", or "good".

--extract writes the manifest to NAME, byte by byte, and its signature, if there
is one, to NAME.minisig, for minisign to verify or to sign.`,
		Example: `  hotso inspect build/libgreeter.v2.so
  hotso inspect --key hotso.pub build/libgreeter.v2.so
  hotso inspect --explain build/libgreeter.v2.so
  hotso inspect --extract manifest build/libgreeter.v2.so && minisign -V -p hotso.pub -m manifest
  hotso inspect --json build/libgreeter.v2.so | jq -r '.functions[].name'
  hotso inspect registry.example.com/team/greeter:stable`,
		Args:              arguments(1, 1),
		ValidArgsFunction: completeLibrary,
		RunE: func(cmd *cobra.Command, args []string) error {
			if isRegistry(args[0]) {
				return inspectRegistry(cmd.Context(), t, args[0], f)
			}
			return inspect(t, args[0], f)
		},
	}
	f.registry.add(cmd)
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON document")
	cmd.Flags().StringArrayVar(&f.keys, "key", nil, "public key to trust, a file or its text; may be repeated")
	cmd.Flags().BoolVar(&f.explain, "explain", false, "say what follows from what it does")
	cmd.Flags().StringVar(&f.extract, "extract", "", "write the manifest to this file")
	return cmd
}

type inspectFlags struct {
	json    bool
	keys    []string
	explain bool
	extract string

	registry registryFlags
}

// An inspection is what inspect --json prints. What is not known is left out.
type inspection struct {
	File      string              `json:"file"`
	Size      int64               `json:"size"` // bytes
	Name      string              `json:"name,omitempty"`
	Version   string              `json:"version,omitempty"`
	ABI       uint32              `json:"abi,omitempty"`
	Sealed    bool                `json:"sealed"`
	SHA256    string              `json:"sha256,omitempty"` // of the image
	Signature *host.Signature     `json:"signature,omitempty"`
	Go        string              `json:"go,omitempty"`
	Platform  string              `json:"platform,omitempty"`
	Exclusive bool                `json:"exclusive,omitempty"` // only one version of it may be live at a time
	Functions []manifest.Function `json:"functions,omitempty"`
	Contracts []contractFacts     `json:"contracts,omitempty"`
	Libraries []manifest.Library  `json:"libraries,omitempty"` // needed ones that are not the system's
	ELF       *elfFacts           `json:"elf,omitempty"`
	Explained []explain.Finding   `json:"explained,omitempty"`
	Refused   string              `json:"refused,omitempty"` // why it can't be loaded
	Page      string              `json:"page,omitempty"`    // what hotso help has on that
}

type elfFacts struct {
	Machine  string   `json:"machine"`
	Needed   []string `json:"needed"`
	RunPath  string   `json:"run_path,omitempty"`
	BuildID  string   `json:"build_id,omitempty"`
	TLS      uint64   `json:"tls"` // bytes per thread
	Stripped bool     `json:"stripped"`
	NoDelete bool     `json:"nodelete"`
	Unusual  []string `json:"unusual,omitempty"` // what a library should not have
}

func inspect(t *terminal, file string, f inspectFlags) error {
	trust, err := trusted(f.keys)
	if err != nil {
		return err
	}
	d, refused := host.Inspect(file, trust...)
	if d == nil {
		return refused
	}
	var spec *elfimage.Spec
	var image []byte
	if !errors.Is(refused, host.ErrNotELF) && !errors.Is(refused, host.ErrMachine) {
		spec, image = readELF(file)
	}
	i := newInspection(d, refused, spec)
	if f.explain && spec != nil {
		i.Explained = explain.Library(file, image, spec)
	}
	if f.extract != "" && d.Sealed {
		if err := extract(file, f.extract); err != nil {
			return err
		}
	}
	if f.json {
		if err := t.json(i); err != nil {
			return err
		}
	} else {
		i.print(t)
	}
	return refused
}

// extract writes the manifest of a sealed library, as it is signed, and the
// signature.
func extract(file, name string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	s, err := manifest.Unseal(b)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if err := os.WriteFile(name, s.Payload, 0o666); err != nil || len(s.Signature) == 0 {
		return err
	}
	return os.WriteFile(name+".minisig", s.Signature, 0o666)
}

func newInspection(d *host.Description, refused error, spec *elfimage.Spec) inspection {
	i := inspection{
		File: d.File, Size: d.Size, Name: d.Name, Version: d.Version, ABI: d.ABI, Exclusive: d.Exclusive,
	}
	if spec != nil {
		i.Go, i.ELF = spec.GoVersion, newELFFacts(spec)
	}
	if m := d.Manifest; d.Sealed {
		i.Sealed, i.SHA256, i.Functions, i.Libraries = true, m.Image.SHA256, m.Functions, m.Libraries
		i.Contracts = newContractFacts(m.Contracts)
		i.Signature = d.Signature
		i.Go, i.Platform = m.Go, m.OS+"/"+m.Arch
	}
	if refused != nil {
		i.Refused, i.Page = refused.Error(), help.Page(refused)
		var e *host.Error
		if errors.As(refused, &e) {
			i.Refused = (&host.Error{Step: e.Step, Reason: e.Reason, Cause: e.Cause, Advice: e.Advice}).Error()
		}
	}
	return i
}

// readELF is what the file's headers say, and the file; nil if they can't be read, for
// reasons that the verdict has given.
func readELF(file string) (*elfimage.Spec, []byte) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, nil
	}
	spec, err := elfimage.Parse(b)
	if err != nil {
		return nil, nil
	}
	return spec, b
}

func newELFFacts(s *elfimage.Spec) *elfFacts {
	f := &elfFacts{
		Machine: strings.TrimPrefix(s.Machine.String(), "EM_"), Needed: append([]string{}, s.Needed...),
		RunPath: cmp.Or(s.RunPath, s.RPath),
		BuildID: s.BuildID, TLS: s.TLS.MemSize, Stripped: !s.HasSymtab, NoDelete: s.NoDelete,
	}
	for _, u := range []struct {
		is   bool
		what string
	}{
		{s.TextReloc, "relocations in code"}, {s.WriteExec, "memory that is writable and executable"},
		{s.ExecStack, "executable stack"}, {s.TLS.Exported, "thread-local variables for other libraries"},
	} {
		if u.is {
			f.Unusual = append(f.Unusual, u.what)
		}
	}
	return f
}

func (i inspection) print(t *terminal) {
	facts := []fact{{name: "file", values: []string{i.File}},
		{name: "size", values: []string{fmt.Sprintf("%s (%d bytes)", printable.Size(i.Size), i.Size)}}}
	add := func(name string, values ...string) {
		if len(values) > 0 && values[0] != "" {
			facts = append(facts, fact{name: name, values: values})
		}
	}
	add("name", i.Name)
	add("version", i.Version)
	if i.ABI != 0 {
		add("abi", fmt.Sprint(i.ABI))
	}
	if i.Sealed {
		add("seal", "sha256 "+i.SHA256)
	}
	if s := i.Signature; s != nil {
		verified := map[bool]string{true: "verified", false: "not verified"}[s.Verified]
		add("signature", "key "+s.KeyID+", "+verified, s.Comment)
	}
	add("built with", strings.TrimSpace(i.Go+" "+i.Platform))
	if i.Exclusive {
		add("exclusive", "one version at a time: the next one takes over")
	}
	var functions [][]string
	for _, f := range i.Functions {
		functions = append(functions, []string{f.Name, f.Signature})
	}
	add("functions", columns(functions)...)
	add("contracts", columns(contractRows(i.Contracts))...)
	var libraries [][]string
	for _, l := range i.Libraries {
		libraries = append(libraries, []string{l.Name, "sha256 " + l.SHA256})
	}
	if e := i.ELF; e != nil {
		add("machine", e.Machine)
		add("needs", strings.Join(e.Needed, " "))
		add("run path", e.RunPath)
		add("with", columns(libraries)...)
		add("build id", e.BuildID)
		add("tls", fmt.Sprintf("%d bytes per thread", e.TLS))
		add("symbols", map[bool]string{true: "stripped", false: "yes"}[e.Stripped])
		add("nodelete", map[bool]string{true: "yes", false: "no"}[e.NoDelete])
		add("unusual", e.Unusual...)
	}
	var explained [][]string
	for _, f := range i.Explained {
		explained = append(explained, []string{f.Follows, f.Text})
	}
	add("explained", columns(explained)...)
	if i.Refused != "" {
		facts = append(facts, fact{"refused", []string{i.Refused}, color.FgRed})
	}
	t.facts(facts...)
}
