// Package printable writes text of others for a terminal or a log: names of files, what
// libraries say of themselves, errors that contain them. Such a text must not begin a
// line of its own, move the cursor, change colours, or turn the direction of what
// follows it. What cannot be printed is written as in a Go string.
package printable

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Line returns text as one line that can be printed.
func Line(text string) string {
	if isPrintable(text) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		_, n := utf8.DecodeRuneInString(text)
		if one := text[:n]; isPrintable(one) {
			b.WriteString(one)
		} else {
			quoted := strconv.Quote(one)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		text = text[n:]
	}
	return b.String()
}

func isPrintable(text string) bool {
	for i, r := range text {
		if !strconv.IsPrint(r) || r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD") {
			return false
		}
	}
	return true
}

// Lines keeps the lines of a text that has several: the output of a command, say, or a
// stack. All but the first are indented, so that none looks like a line of ours. Tabs
// are kept.
func Lines(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		parts := strings.Split(strings.TrimSuffix(line, "\r"), "\t")
		for j := range parts {
			parts[j] = Line(parts[j])
		}
		lines[i] = strings.Join(parts, "\t")
	}
	return strings.Join(lines, "\n  ")
}

// Error is the text of an error. It is one line, unless the error, or one that it wraps,
// is several (errors.Join) or one of those that several names.
func Error(err error, several func(error) bool) string {
	if wraps(err, func(err error) bool { return several(err) || joined(err) }) {
		return Lines(err.Error())
	}
	return Line(err.Error())
}

// joined reports whether err is several errors, one a line.
func joined(err error) bool {
	e, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return false
	}
	var texts []string
	for _, err := range e.Unwrap() {
		texts = append(texts, err.Error())
	}
	return len(texts) > 1 && err.Error() == strings.Join(texts, "\n")
}

// wraps reports whether f holds for err or for one that it wraps.
func wraps(err error, f func(error) bool) bool {
	if err == nil || f(err) {
		return err != nil
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return wraps(e.Unwrap(), f)
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			if wraps(err, f) {
				return true
			}
		}
	}
	return false
}

// Log is for a logger that writes each record at once, such as log.Logger.
func Log(w io.Writer) io.Writer {
	return writer(func(record []byte) error {
		_, err := fmt.Fprintln(w, Lines(string(record)))
		return err
	})
}

// JSON is for a json.Encoder, which writes each document at once. The encoder has
// escaped what ASCII has of control characters but DEL; the rest is escaped here.
func JSON(w io.Writer) io.Writer {
	return writer(func(document []byte) error {
		if !needsEscape(document) {
			_, err := w.Write(document)
			return err
		}
		var b strings.Builder
		for _, r := range string(document) {
			switch {
			case r < utf8.RuneSelf-1 || strconv.IsPrint(r):
				b.WriteRune(r)
			case r > 0xFFFF:
				high, low := utf16.EncodeRune(r)
				fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
			default:
				fmt.Fprintf(&b, `\u%04x`, r)
			}
		}
		_, err := io.WriteString(w, b.String())
		return err
	})
}

func needsEscape(document []byte) bool {
	for _, c := range document {
		if c >= utf8.RuneSelf-1 {
			return true
		}
	}
	return false
}

type writer func([]byte) error

func (f writer) Write(p []byte) (int, error) {
	if err := f(p); err != nil {
		return 0, err
	}
	return len(p), nil
}
