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

// checkTag refuses what can't be a tag, before anything is asked.
func checkTag(flag, tag string) error {
	if !registry.IsTag(tag) {
		return usagef("%s %q: it is no tag: want up to 128 letters, digits, _, . and -, such as stable", flag, tag)
	}
	return nil
}

// isRegistry reports whether an argument means a registry, and not a path: what is on disk is meant as that.
func isRegistry(arg string) bool {
	return registry.IsReference(arg) && (strings.HasPrefix(arg, registry.Scheme) || !exists(arg))
}

// isTagged reports whether a reference has a tag, and so may be a channel that is served.
func isTagged(arg string) bool {
	_, err := registry.ParseTagged(arg)
	return err == nil && isChannel(arg)
}

// checkScheme refuses a directory that is not there and can only be meant as a channel: it has a port or a tag.
func checkScheme(dir string) error {
	if isRegistry(dir) && !isChannel(dir) && strings.Contains(dir, ":") {
		return usagef("%s is no directory: a channel is oci://REGISTRY/NAME:TAG", dir)
	}
	return nil
}

// socketIn is that of the server of a directory, or of a channel that is served with the defaults.
func socketIn(dir string) (string, error) {
	if isChannel(dir) {
		f, err := oci.New(dir, oci.WithHostID(os.Getenv("HOTSO_HOST_ID")))
		if err != nil {
			return "", err
		}
		path := filepath.Join(f.Directory(), server.SocketName)
		if !exists(path) {
			return "", fmt.Errorf("no server of %s with the default --cache and --host-id ($HOTSO_HOST_ID): start one with hotso serve, or give --socket: "+
				"that of the server, or of the directory that its GET /libraries names", dir)
		}
		return path, nil
	}
	if err := checkScheme(dir); err != nil {
		return "", err
	}
	return filepath.Join(dir, server.SocketName), nil
}

// platformText is a platform as people write it.
func platformText(e registry.Entry) string {
	return fmt.Sprintf("%s/%s", e.Platform.OS, e.Platform.Architecture)
}
