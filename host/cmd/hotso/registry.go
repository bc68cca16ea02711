package main

import (
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/registry"
	"github.com/hotso/hotso/host/oci"
)

// registryFlags say how a registry is reached.
type registryFlags struct {
	plainHTTP bool
	ca        string
}

func (f *registryFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.plainHTTP, "plain-http", false, "ask the registry without TLS; one on this machine needs no leave for that")
	cmd.Flags().StringVar(&f.ca, "registry-ca", "", "PEM file with the authorities to trust for the registry, instead of the system's")
}

// options read the file.
func (f *registryFlags) options() (registry.Options, error) {
	o := registry.Options{PlainHTTP: f.plainHTTP, Retry: true}
	if f.ca != "" {
		pool, err := readCAs("--registry-ca", f.ca)
		if err != nil {
			return o, err
		}
		o.RootCAs = pool
	}
	return o, nil
}

func readCAs(where, path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, usagef("%s: %w", where, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, usagef("%s: %s has no certificate in PEM", where, path)
	}
	return pool, nil
}

// open makes a client of the repository that text names.
func (f *registryFlags) open(text string) (*registry.Client, error) {
	ref, err := registry.ParseReference(text)
	if err != nil {
		return nil, usageError{err}
	}
	o, err := f.options()
	if err != nil {
		return nil, err
	}
	return registry.New(ref, o)
}

// openTagged is open for what needs a tag or digest.
func (f *registryFlags) openTagged(text string) (*registry.Client, error) {
	c, err := f.open(text)
	if err == nil && c.Reference.Tag == "" {
		c.Close()
		return nil, usagef("%s has no tag: give %s:TAG; hotso versions %s lists them", text, text, text)
	}
	return c, err
}

// isRegistry reports whether an argument means a registry, and not a path: what is on disk is meant as that.
func isRegistry(arg string) bool {
	return registry.IsReference(arg) && (strings.HasPrefix(arg, registry.Scheme) || !exists(arg))
}

// isTagged reports whether a reference has a tag, and so may be a channel that is served.
func isTagged(arg string) bool {
	r, err := registry.ParseTagged(arg)
	return err == nil && r.Tag != "" && isChannel(arg)
}

// socketIn is that of the server of a directory, or of a channel that is served with the defaults.
func socketIn(dir string) (string, error) {
	if isChannel(dir) {
		f, err := oci.New(dir, oci.WithHostID(os.Getenv("HOTSO_HOST_ID")))
		if err != nil {
			return "", err
		}
		dir = f.Directory()
	}
	return filepath.Join(dir, server.SocketName), nil
}

// platformText is a platform as people write it.
func platformText(e registry.Entry) string {
	return fmt.Sprintf("%s/%s", e.Platform.OS, e.Platform.Architecture)
}
