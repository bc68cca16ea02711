package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"

	"aead.dev/minisign"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
)

func newKeygen(t *terminal) *cobra.Command {
	var name string
	var password bool
	cmd := &cobra.Command{
		Use:   "keygen [-o NAME]",
		Short: "Make a pair of keys to sign libraries with",
		Long: `Write a secret key to NAME.key and its public key to NAME.pub. Sign with the
first, trust the second. They are also keys for minisign, and those of minisign -G
can be used here. Neither file may exist.

To change keys without a gap: make a new pair, let all hosts trust both, sign
with the new one, then trust only the new one.`,
		Example: `  hotso keygen
  hotso build ./libgreeter --version 2 --key hotso.key
  hotso serve build --key hotso.pub`,
		Args: arguments(0, 0),
		RunE: func(*cobra.Command, []string) error { return keygen(t, name, password) },
	}
	cmd.Flags().StringVarP(&name, "output", "o", "hotso", "name of the files, without .key and .pub")
	cmd.Flags().BoolVar(&password, "password", false, "ask for a password and encrypt the secret key with it")
	return cmd
}

func keygen(t *terminal, name string, encrypt bool) error {
	public, secret, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	publicText, err := public.MarshalText()
	if err != nil {
		return err
	}
	secretText, err := secret.MarshalText()
	if err != nil {
		return err
	}
	if encrypt {
		password, err := askPassword("password of the new key")
		if err != nil {
			return err
		}
		if secretText, err = minisign.EncryptKey(password, secret); err != nil {
			return err
		}
	}
	if err := writeNew(name+".key", secretText, 0o600); err != nil {
		return err
	}
	if err := writeNew(name+".pub", publicText, 0o644); err != nil {
		return errors.Join(err, os.Remove(name+".key"))
	}
	t.facts(
		fact{name: "secret key", values: []string{name + ".key"}}, fact{name: "public key", values: []string{name + ".pub"}},
		fact{name: "key id", values: []string{fmt.Sprintf("%016X", public.ID())}}, fact{name: "to trust", values: []string{public.String()}},
	)
	return nil
}

// writeNew writes a text to a file that does not exist yet.
func writeNew(path string, text []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// readSecretKey reads the key to sign with, and asks for its password if it
// has one; nil if no file is named.
func readSecretKey(path string) (*minisign.PrivateKey, error) {
	if path == "" {
		return nil, nil
	}
	text, err := readSmall(path)
	if err != nil {
		return nil, err
	}
	var key minisign.PrivateKey
	if minisign.IsEncrypted(text) {
		password, err := askPassword("password of " + path)
		if err != nil {
			return nil, err
		}
		if key, err = minisign.DecryptKey(password, text); err != nil {
			return nil, fmt.Errorf("%s: wrong password, or a damaged key", path)
		}
	} else if err := key.UnmarshalText(text); err != nil {
		return nil, fmt.Errorf("%s: %w: give the .key file of hotso keygen or minisign -G", path, err)
	}
	return &key, nil
}

func askPassword(what string) (string, error) {
	terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return "", fmt.Errorf("%s: there is no terminal to ask for it: %w", what, err)
	}
	defer terminal.Close()
	fmt.Fprintf(terminal, "%s: ", printable.Line(what))
	password, err := term.ReadPassword(int(terminal.Fd()))
	fmt.Fprintln(terminal)
	return string(password), err
}

// parseKeys reads public keys, each a file or the text of a key. where names what has given them.
func parseKeys(where string, keys []string) (parsed []host.PublicKey, err error) {
	for _, k := range keys {
		text := k
		if !strings.HasPrefix(k, "RW") || exists(k) {
			b, err := readSmall(k)
			if err != nil {
				return nil, usageError{fmt.Errorf("%s %s: %w", where, k, err)}
			}
			text = string(b)
		}
		key, err := host.ParsePublicKey(text)
		if err != nil {
			return nil, usageError{fmt.Errorf("%s %s: %w", where, k, err)}
		}
		parsed = append(parsed, key)
	}
	return parsed, nil
}

// trusted makes an option of the public keys that --key gives; without any, libraries
// need no signature.
func trusted(keys []string) ([]host.Option, error) {
	parsed, err := parseKeys("--key", keys)
	if err != nil || parsed == nil {
		return nil, err
	}
	return []host.Option{host.TrustKeys(parsed...)}, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
