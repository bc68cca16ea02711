package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/hotso/hotso/host"
)

// secrets are what hotso serve trusts: keys and token. They are read again, all or
// none, when their files have changed.
type secrets struct {
	flags serveFlags
	keys  atomic.Pointer[[]host.PublicKey]
	token string
}

func (f serveFlags) readSecrets() (*secrets, error) {
	s := &secrets{flags: f}
	return s, s.read()
}

// read leaves everything as it is if there is an error.
func (s *secrets) read() error {
	keys, err := parseKeys(s.flags.keys)
	if err != nil {
		return err
	}
	token, err := s.flags.readToken()
	if err != nil {
		return err
	}
	s.keys.Store(&keys)
	s.token = token
	return nil
}

// trust makes an option of the keys; without any, libraries need no signature.
func (s *secrets) trust() []host.Option {
	if len(s.flags.keys) == 0 {
		return nil
	}
	return []host.Option{host.TrustKeysFrom(func() []host.PublicKey { return *s.keys.Load() })}
}

// readToken returns the bearer token, empty if none is wanted.
func (f serveFlags) readToken() (string, error) {
	switch {
	case f.hasToken && f.tokenFile != "":
		return "", usagef("--token and --token-file: one of them")
	case f.hasToken:
		return checkToken("--token", f.token)
	case f.tokenFile == "":
		return "", nil
	}
	b, err := readSmall(f.tokenFile)
	if err != nil {
		return "", err
	}
	return checkToken("--token-file "+f.tokenFile, strings.TrimSpace(string(b)))
}

// checkToken refuses a token that no request could carry.
func checkToken(where, token string) (string, error) {
	switch {
	case token == "":
		return "", usagef("%s: it is empty", where)
	case strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }):
		return "", usagef("%s: a token is one word of ASCII, without spaces or line breaks", where)
	}
	return token, nil
}

const maxSmall = 64 << 10 // bytes

// readSmall reads a file of a key or token. It may be a pipe, such as <(pass token); one
// that nobody writes to is empty, and does not block (fifo(7)).
func readSmall(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSmall+1))
	if err == nil && len(b) > maxSmall {
		err = fmt.Errorf("%s: it has more than %d bytes, so it is no key or token", path, maxSmall)
	}
	return b, err
}
