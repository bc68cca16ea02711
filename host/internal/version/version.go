// Package version knows the order of versions and the names of their files:
// lib<name>.v<version>.so.
package version

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/semver"
)

var (
	// ErrBadVersion means that a text is no version.
	ErrBadVersion = errors.New("bad version: want 2, 2.1, 2.1.0 or 2.1.0-rc1 (semver.org)")
	// ErrBadName means that a text cannot name a library.
	ErrBadName = errors.New("bad library name: want a letter, then letters, digits, '_' or '-'")
)

// A Version is a semantic version in the text that its author chose: 2 stays
// 2 and does not become 2.0.0. Two Versions are == if their texts are equal,
// whereas [Compare] tells their order. The zero Version comes before all
// others and is the only one whose text is empty.
type Version struct{ text string }

// Parse reads a version as people type it. Trailing numbers may be left out
// (2 and 2.1 stand for 2.0.0 and 2.1.0, but a pre-release needs all three), and
// one leading v is dropped. The error wraps [ErrBadVersion].
func Parse(text string) (Version, error) {
	v := strings.TrimPrefix(text, "v")
	if !semver.IsValid("v" + v) {
		return Version{}, fmt.Errorf("%q: %w", text, ErrBadVersion)
	}
	return Version{v}, nil
}

// String returns the version as its author wrote it, without a leading v.
func (v Version) String() string { return v.text }

// Compare returns -1, 0 or +1 as a comes before b, stands at the same place,
// or comes after it: v9 before v10, v2.0.0-rc1 before v2, v2 before v2.1.0.
// Different texts can stand at the same place: 2 and 2.0.0, and versions that
// differ in build metadata (2.0.0+a, 2.0.0+b).
func Compare(a, b Version) int {
	return semver.Compare("v"+a.text, "v"+b.text)
}

// Next is the first release that comes after v and has the same numbers but for the last: 2.0.1 after
// 2, and 0.0.1 after the zero Version.
func Next(v Version) (Version, error) {
	if v.text == "" {
		return Version{"0.0.1"}, nil
	}
	numbers, _, _ := strings.Cut(strings.TrimPrefix(semver.Canonical("v"+v.text), "v"), "-")
	at := strings.LastIndexByte(numbers, '.') + 1
	last, err := strconv.ParseUint(numbers[at:], 10, 32)
	if err != nil {
		return Version{}, fmt.Errorf("no version comes after %s: %w", v, ErrBadVersion)
	}
	return Version{numbers[:at] + strconv.FormatUint(last+1, 10)}, nil
}

const (
	prefix    = "lib"
	separator = ".v" // a name has no dot, so the first one ends it
	suffix    = ".so"
)

// CheckName returns an error that wraps [ErrBadName] unless name matches
// [a-zA-Z][a-zA-Z0-9_-]*.
func CheckName(name string) error {
	for i, c := range []byte(name) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789_-", rune(c))) {
			return fmt.Errorf("%q: %w", name, ErrBadName)
		}
	}
	if name == "" {
		return fmt.Errorf("empty name: %w", ErrBadName)
	}
	return nil
}

// FileName returns the name of the file that holds version v of the library,
// without a directory. It checks neither.
func FileName(name string, v Version) string {
	return prefix + name + separator + v.text + suffix
}

// ParseFileName is the inverse of [FileName]. It reports false for every base
// name that FileName does not return for a valid name and version.
func ParseFileName(base string) (name string, v Version, ok bool) {
	name, text, ok := SplitFileName(base)
	if !ok || strings.HasPrefix(text, "v") {
		return "", Version{}, false
	}
	v, err := Parse(text)
	if err != nil {
		return "", Version{}, false
	}
	return name, v, true
}

// SplitFileName is [ParseFileName] without a check of the version, so that a file with a
// mistyped version can be told from one that is no library.
func SplitFileName(base string) (name, version string, ok bool) {
	rest, ok := strings.CutPrefix(base, prefix)
	if !ok {
		return "", "", false
	}
	rest, ok = strings.CutSuffix(rest, suffix)
	if !ok {
		return "", "", false
	}
	name, version, ok = strings.Cut(rest, separator)
	if !ok || CheckName(name) != nil {
		return "", "", false
	}
	return name, version, true
}
