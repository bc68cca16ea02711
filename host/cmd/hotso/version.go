package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/cabi/abi"
)

func newVersion(t *terminal) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "version",
		Short:             "Show the version of hotso, and the ABI of the libraries it loads",
		Example:           "  hotso version --json",
		Args:              arguments(0, 0),
		ValidArgsFunction: completeNothing,
		RunE: func(*cobra.Command, []string) error {
			v := struct {
				Hotso    string `json:"hotso"`
				ABI      uint32 `json:"abi"`
				Go       string `json:"go"`
				Platform string `json:"platform"`
			}{"unknown", abi.Version, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
			if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
				v.Hotso = info.Main.Version
			}
			if asJSON {
				return t.json(v)
			}
			_, err := fmt.Fprintf(t.out, "hotso %s, abi %d, %s %s\n", v.Hotso, v.ABI, v.Go, v.Platform)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}
