package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/cmd/hotso/internal/doctor"
)

// What packages are built from, for where the go command does not know: -ldflags "-X main.release=v1.2.3
// -X main.commit=...".
var release, commit string

// A versionInfo is what hotso version prints.
type versionInfo struct {
	Hotso    string           `json:"hotso"`              // version
	Commit   string           `json:"commit,omitempty"`   // that it was built from
	Modified bool             `json:"modified,omitempty"` // there were changes beside the commit
	ABI      uint32           `json:"abi"`
	Go       string           `json:"go"`
	Platform string           `json:"platform"`
	Features []doctor.Feature `json:"features"` // what works on this machine, and why the rest does not
}

// thisBuild is what is known without a look at the machine.
func thisBuild() versionInfo {
	v := versionInfo{Hotso: release, Commit: commit, ABI: abi.Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		v.Hotso = cmp.Or(v.Hotso, info.Main.Version)
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				v.Commit = cmp.Or(v.Commit, s.Value)
			case "vcs.modified":
				v.Modified = s.Value == "true"
			}
		}
	}
	if clean, dirty := strings.CutSuffix(v.Commit, "-dirty"); dirty {
		v.Commit, v.Modified = clean, true
	}
	v.Hotso = cmp.Or(v.Hotso, "unknown")
	return v
}

func newVersion(t *terminal) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show the version of hotso, the ABI of the libraries it loads, and what works here",
		Long: `Show the version of hotso, and the ABI of the libraries it loads. With --json, also the commit
that it was built from, and which features work on this machine and in this container, or
why not: load, unload, contain crashes. See hotso doctor for what to do.`,
		Example:           "  hotso version --json",
		Args:              arguments(0, 0),
		ValidArgsFunction: completeNothing,
		RunE: func(*cobra.Command, []string) error {
			v := thisBuild()
			if asJSON {
				v.Features = doctor.Features()
				return t.json(v)
			}
			_, err := fmt.Fprintf(t.out, "hotso %s, abi %d, %s %s\n", v.Hotso, v.ABI, v.Go, v.Platform)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}
