package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host/internal/libbuild"
)

type sealFlags struct {
	libbuild.Change
	key, signature string
}

func newSeal(t *terminal) *cobra.Command {
	var f sealFlags
	cmd := &cobra.Command{
		Use:   "seal FILE",
		Short: "Sign a library that was built, or give it another name or version",
		Long: `Change a sealed library without building it again. The result is
libNAME.vVERSION.so in the directory of FILE; it appears in one rename, and may
be FILE itself. A change of name or version takes a signature off, unless there
is a --key to sign it again.

To sign on another machine, or with minisign: take the manifest out with
hotso inspect --extract, sign that, and put the signature in with --signature.`,
		Example: `  hotso seal build/libgreeter.v2.so --key hotso.key
  hotso seal build/libgreeter.v2.0.0-rc1.so --version 2.0.0 --key hotso.key

  hotso inspect build/libgreeter.v2.so --extract manifest
  minisign -S -s my.key -m manifest
  hotso seal build/libgreeter.v2.so --signature manifest.minisig`,
		Args:              arguments(1, 1),
		ValidArgsFunction: completeLibrary,
		RunE:              func(cmd *cobra.Command, args []string) error { return seal(cmd.Context(), t, args[0], f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.key, "key", "", "secret key to sign with")
	flags.StringVar(&f.signature, "signature", "", "a .minisig file for the manifest")
	flags.StringVar(&f.Name, "name", "", "new name")
	flags.StringVar(&f.Version, "version", "", "new version")
	flags.StringVarP(&f.Output, "output", "o", "", "directory of the result (default: that of FILE)")
	completes(cmd, completeNothing, "name", "version")
	_ = cmd.MarkFlagDirname("output")
	return cmd
}

func seal(ctx context.Context, t *terminal, file string, f sealFlags) (err error) {
	changes := f.key != "" || f.Name != "" || f.Version != ""
	switch {
	case !changes && f.signature == "":
		return usagef("nothing to change: give --key, --signature, --name or --version")
	case changes && f.signature != "":
		return usagef("--signature is for the manifest as it is: no --key, --name or --version with it")
	}
	if f.Key, err = readSecretKey(f.key); err != nil {
		return err
	}
	if f.signature != "" {
		if f.Signature, err = readSmall(f.signature); err != nil {
			return err
		}
	}
	r, err := libbuild.Reseal(ctx, file, f.Change)
	switch {
	case errors.Is(err, libbuild.ErrVersion), errors.Is(err, libbuild.ErrName):
		return usageError{err}
	case err != nil:
		return err
	}
	return t.say("%s", r.Path)
}
