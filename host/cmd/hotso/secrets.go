package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// readToken returns the bearer token, empty if none is wanted. where names what has given the file.
func (f *serveFlags) readToken(where, file string) (string, error) {
	switch {
	case f.hasToken && f.isGiven("token-file"):
		return "", usagef("--token and --token-file: one of them")
	case f.hasToken:
		return checkToken("--token", f.token)
	case file == "":
		return "", nil
	}
	b, err := readSmall(file)
	if err != nil {
		return "", usageError{fmt.Errorf("%s: %w", where, err)}
	}
	return checkToken(where+" "+file, strings.TrimSpace(string(b)))
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
