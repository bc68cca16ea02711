package transcode

import (
	"slices"
	"strconv"
	"strings"
)

// An Error says what is wrong with a value, and where it is.
type Error struct {
	path []string // from the inside out
	err  error
}

// Unwrap returns what is wrong.
func (e *Error) Unwrap() error { return e.err }

func (e *Error) Error() string {
	const shown = 200 // bytes of a path, which may be as long as its values are deep
	path := slices.Clone(e.path)
	slices.Reverse(path)
	text := strings.TrimPrefix(strings.Join(path, ""), ".")
	if len(text) > shown {
		text = strings.ToValidUTF8(text[:shown], "") + "..."
	}
	if text == "" {
		return e.err.Error()
	}
	return text + ": " + e.err.Error()
}

// in adds to err which part of a value it is about.
func in(err error, part string) error {
	e, ok := err.(*Error)
	if !ok {
		e = &Error{err: err}
	}
	e.path = append(e.path, part)
	return e
}

func inField(err error, name string) error { return in(err, "."+clip(name)) }

func inElement(err error, i int) error { return in(err, "["+strconv.Itoa(i)+"]") }

func inEntry(err error, key string) error { return in(err, "["+strconv.Quote(clip(key))+"]") }

// clip is the beginning of a text that may be long.
func clip(s string) string {
	const shown = 80
	if len(s) > shown {
		return strings.ToValidUTF8(s[:shown], "") + "..."
	}
	return s
}
