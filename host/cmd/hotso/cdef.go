package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host/internal/cdef"
)

func newCdef(t *terminal) *cobra.Command {
	var dirs []string
	cmd := &cobra.Command{
		Use:   "cdef HEADER",
		Short: "Reduce a C header to what Python, PHP and LuaJIT read",
		Long: `Print the declarations of a C header, and of those that it includes by name in quotes,
for parsers that have no preprocessor: cffi of Python, FFI of PHP and of LuaJIT.

Comments, include guards and what is for C++ only are left out, macros for integers become
enumerators, and other macros are left out. The only conditions in the header are include
guards and #ifdef __cplusplus.`,
		Example: `  hotso cdef include/greeter.h > include/greeter.cdef
  luajit -e 'require("ffi").cdef(io.open("include/greeter.cdef"):read("*a"))'`,
		Args:              arguments(1, 1),
		ValidArgsFunction: completeHeader,
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := cdef.Reduce(args[0], dirs...)
			if err != nil {
				return err
			}
			for line := range strings.Lines(text) {
				if err := t.say("%s", strings.TrimSuffix(line, "\n")); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringSliceVarP(&dirs, "include", "I", nil, "where else to look for the headers that it includes")
	_ = cmd.MarkFlagDirname("include")
	return cmd
}
