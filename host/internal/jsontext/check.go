// Package jsontext checks JSON and walks through it in place, without values of its own: what
// a client sends takes no more memory than its text, and a table of its arrays and objects.
package jsontext

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// ErrNotUTF8: encoding/json would put U+FFFD in place of what is no text, and the library
// would compute with something that nobody sent.
var ErrNotUTF8 = errors.New("it is not UTF-8")

// Check wants one JSON value, in which arrays and objects are at most maxDepth inside each other,
// in UTF-8 (RFC 8259, 8.1). It needs no memory to speak of, whatever the value is.
func Check(b []byte, maxDepth int) error {
	if err := CheckUTF8(b); err != nil {
		return err
	}
	if !json.Valid(b) {
		return syntaxError(b)
	}
	if _, depth := Shape(b); depth > maxDepth {
		return fmt.Errorf("arrays and objects are nested %d deep, more than %d", depth, maxDepth)
	}
	return nil
}

// syntaxError is what is wrong with b.
func syntaxError(b []byte) error {
	err := json.Unmarshal(b, new(ignored))
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && json.Valid(b[:max(0, syntax.Offset-1)]) {
		return errors.New("there is more after the JSON value")
	}
	return fmt.Errorf("it is not JSON: %w", err)
}

// ignored takes any JSON value, of which encoding/json checks the syntax before.
type ignored struct{}

func (*ignored) UnmarshalJSON([]byte) error { return nil }

// CheckUTF8 wants UTF-8. It also finds halves of surrogate pairs, which only an escape can write and
// which stand for no character (RFC 8259, 8.2).
func CheckUTF8(b []byte) error {
	if !utf8.Valid(b) {
		at := 0
		for {
			r, n := utf8.DecodeRune(b[at:])
			if r == utf8.RuneError && n <= 1 {
				return fmt.Errorf("%w: byte %#x at offset %d", ErrNotUTF8, b[at], at)
			}
			at += n
		}
	}
	for i := bytes.IndexByte(b, '\\'); i >= 0 && i < len(b); {
		n := 2 // the backslash, and what is behind it
		if r := escaped(b[i:]); utf16.IsSurrogate(r) {
			n = 12
			if utf16.DecodeRune(r, escaped(b[min(len(b), i+6):])) == utf8.RuneError {
				return fmt.Errorf("%w: %s at offset %d is half a character", ErrNotUTF8, b[i:i+6], i)
			}
		}
		next := bytes.IndexByte(b[min(len(b), i+n):], '\\')
		if next < 0 {
			break
		}
		i += n + next
	}
	return nil
}

// escaped returns the code unit that \uXXXX at the beginning of b stands for, 0 if it is
// something else.
func escaped(b []byte) (r rune) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0
	}
	for _, c := range b[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0
		}
		r = r<<4 | rune(c)
	}
	return r
}

// Shape returns how many values a JSON text has at most, those inside others included, and
// how deep they are nested.
func Shape(b []byte) (values, depth int) {
	values = 1
	for i, now := 0, 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i = skipString(b, i) - 1
		case ',':
			values++
		case '[', '{':
			values++
			now++
			depth = max(depth, now)
		case ']', '}':
			now--
		}
	}
	return values, depth
}

// The functions below walk through JSON that is valid.

// Elements yields the texts of what is in an array; in an object each name, then its value.
func Elements(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := 1; ; {
			for i < len(text) && strings.IndexByte(" \t\r\n,:", text[i]) >= 0 {
				i++
			}
			if i >= len(text) || text[i] == ']' || text[i] == '}' {
				return
			}
			end := skipValue(text, i)
			if !yield(text[i:end]) {
				return
			}
			i = end
		}
	}
}

// skipValue returns where the value that begins at i ends.
func skipValue(text string, i int) int {
	for depth := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			i = skipString(text, i)
		case c == '[', c == '{':
			depth++
			i++
		case depth > 0 && (c == ']' || c == '}'):
			depth--
			i++
		case depth > 0:
			i++
			continue
		default: // a number, true, false or null
			for i < len(text) && strings.IndexByte(" \t\r\n,:]}", text[i]) < 0 {
				i++
			}
		}
		if depth == 0 {
			return i
		}
	}
	return i
}

// skipString returns where the string that begins at i ends, which is the end of a text in
// which it has none.
func skipString[T string | []byte](text T, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
