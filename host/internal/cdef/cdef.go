// Package cdef reduces C headers to what parsers without a preprocessor read:
// Python's cffi (ffi.cdef), PHP (FFI::cdef) and LuaJIT (ffi.cdef).
package cdef

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// ErrHeader: the header has something that can't be reduced.
var ErrHeader = errors.New("not a header that can be reduced")

// Reduce returns the declarations of the header at path, and of the headers that it
// includes by name in quotes, each once. Those are beside it or in one of dirs, as for a
// compiler. The rule:
//
//   - comments, include guards, other includes and what is only for C++ are left out,
//   - a macro that stands for an integer becomes an enumerator,
//   - one that stands for an attribute is left out wherever it is used,
//   - and other macros are left out: such parsers have none.
//
// The types of stddef.h and stdint.h remain, which these parsers know. Errors name file and line,
// and wrap [ErrHeader] or say what could not be read.
func Reduce(path string, dirs ...string) (string, error) {
	r := reducer{dirs: dirs}
	if err := r.file(path); err != nil {
		return "", err
	}
	text := strings.Join(r.lines, "\n")
	for _, a := range r.attributes {
		text = regexp.MustCompile(`\b`+a+`\b[ \t]*`).ReplaceAllString(text, "")
	}
	text = strings.TrimSpace(emptyLines.ReplaceAllString(text, "\n\n"))
	return fmt.Sprintf("/* %s, reduced by hotso cdef; DO NOT EDIT. */\n%s\n", filepath.Base(path), text), nil
}

var (
	comment    = regexp.MustCompile(`(?s)"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|/\*.*?\*/|//[^\n]*`)
	define     = regexp.MustCompile(`^define[ \t]+(\w+)(\(?)[ \t]*(.*)$`)
	integer    = regexp.MustCompile(`^(-?(?:0[xX][0-9a-fA-F]+|[0-9]+))[uUlL]*$`)
	include    = regexp.MustCompile(`^include[ \t]*"([^"]+)"$`)
	emptyLines = regexp.MustCompile(`\n(?:[ \t]*\n){2,}`)
)

type reducer struct {
	dirs       []string
	files      []string // that were read
	lines      []string
	attributes []string // macros that stand for one
}

func (r *reducer) file(path string) error {
	path = filepath.Clean(path)
	if slices.Contains(r.files, path) {
		return nil
	}
	r.files = append(r.files, path)
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var conditions []string // of the #if that are open
	for i, line := range strings.Split(plain(string(b)), "\n") {
		directive, isDirective := strings.CutPrefix(strings.TrimSpace(line), "#")
		directive = strings.TrimSpace(directive)
		word := strings.Fields(directive + " -")[0]
		switch {
		case isDirective && strings.HasPrefix(word, "if"):
			conditions = append(conditions, directive)
			if name, ok := strings.CutPrefix(directive, "ifndef "); (!ok || strings.Contains(name, " ")) && directive != "ifdef __cplusplus" {
				return fmt.Errorf("%s:%d: #%s: %w: its conditions are include guards and #ifdef __cplusplus", path, i+1, directive, ErrHeader)
			}
		case word == "endif" && isDirective && len(conditions) > 0:
			conditions = conditions[:len(conditions)-1]
		case slices.Contains(conditions, "ifdef __cplusplus"):
		case isDirective:
			if err := r.directive(filepath.Dir(path), directive); err != nil {
				return fmt.Errorf("%s:%d: #%s: %w", path, i+1, directive, err)
			}
		default:
			r.lines = append(r.lines, strings.TrimRight(line, " \t\r"))
		}
	}
	if len(conditions) > 0 {
		return fmt.Errorf("%s: #%s: %w: it has no #endif", path, conditions[0], ErrHeader)
	}
	return nil
}

// plain leaves comments out, but not their lines, and joins lines that end in a backslash
// (C99, 5.1.1.2).
func plain(text string) string {
	text = comment.ReplaceAllStringFunc(text, func(s string) string {
		if s[0] != '/' {
			return s
		}
		return " " + strings.Repeat("\n", strings.Count(s, "\n"))
	})
	return strings.ReplaceAll(text, "\\\n", " ")
}

func (r *reducer) directive(dir, directive string) error {
	if m := include.FindStringSubmatch(directive); m != nil {
		for _, d := range append([]string{dir}, r.dirs...) {
			if err := r.file(filepath.Join(d, m[1])); !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		return fmt.Errorf("%w, beside it or in the directories given", fs.ErrNotExist)
	}
	if m := define.FindStringSubmatch(directive); m != nil {
		name, value := m[1], strings.TrimSpace(m[3])
		number := integer.FindStringSubmatch(value)
		switch {
		case m[2] == "(": // a function
		case number != nil:
			r.lines = append(r.lines, fmt.Sprintf("enum { %s = %s };", name, number[1]))
		case strings.HasPrefix(value, "__attribute__"):
			r.attributes = append(r.attributes, name)
		}
		return nil
	}
	switch strings.Fields(directive + " -")[0] {
	case "define", "include", "undef", "pragma", "-":
		return nil
	}
	return fmt.Errorf("%w: a directive for which there is no rule", ErrHeader)
}
