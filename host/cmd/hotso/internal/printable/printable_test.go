package printable

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		"libgreeter.v2.so: Grüße": "libgreeter.v2.so: Grüße",
		`back\slash "quoted"`:     `back\slash "quoted"`,
		"a\nhotso: forged":        `a\nhotso: forged`,
		"\x1b[2Jx\r\t\x7f":        `\x1b[2Jx\r\t\x7f`,
		"\u009b2J":                `\u009b2J`,
		"\u202egnp.exe":           `\u202egnp.exe`,
		"bad \xff\xfe":            `bad \xff\xfe`,
		"really \uFFFD":           "really \uFFFD",
	} {
		assert.Equal(t, want, Line(text))
	}
}

func TestLines(t *testing.T) {
	assert.Equal(t, "one\n  \ttwo\\x1b[m\n  three", Lines("one\r\n\ttwo\x1b[m\nthree\n\n"))
}

func FuzzLine(f *testing.F) {
	f.Add("a\x00b\xffc\u2028")
	f.Fuzz(func(t *testing.T, text string) {
		line := Line(text)
		require.Equal(t, line, Line(line))
		for _, r := range line {
			require.True(t, strconv.IsPrint(r), "%q", line)
		}
	})
}

func TestError(t *testing.T) {
	none := func(error) bool { return false }
	one := &fs.PathError{Op: "open", Path: "a\nhotso: forged", Err: fs.ErrNotExist}
	assert.Equal(t, `open a\nhotso: forged: file does not exist`, Error(one, none))
	assert.Equal(t, `x: open a\nhotso: forged: file does not exist: y`, Error(fmt.Errorf("x: %w: %w", one, errors.New("y")), none))
	assert.Equal(t, "x: one\n  two", Error(fmt.Errorf("x: %w", errors.Join(errors.New("one"), errors.New("two"))), none))
	stack := errors.New("panic\nstack")
	assert.Equal(t, "x: panic\n  stack", Error(fmt.Errorf("x: %w", stack), func(err error) bool { return err == stack }))
}

func TestLog(t *testing.T) {
	var b strings.Builder
	log.New(Log(&b), "hotso: ", 0).Print("http: panic\nforged\x1b")
	assert.Equal(t, "hotso: http: panic\n  forged\\x1b\n", b.String())
}

// What is escaped reads the same as before.
func TestJSON(t *testing.T) {
	const text = "a\n\x1b\x7f\u009b\u202e\U000E0001 Grüße 🙂 \u2028"
	var b strings.Builder
	enc := json.NewEncoder(JSON(&b))
	enc.SetIndent("", " ")
	require.NoError(t, enc.Encode(map[string]string{text: text}))
	for _, r := range b.String() {
		assert.True(t, r == '\n' || strconv.IsPrint(r), "%q", r)
	}
	assert.Contains(t, b.String(), "Grüße 🙂")
	var got map[string]string
	require.NoError(t, json.Unmarshal([]byte(b.String()), &got))
	assert.Equal(t, map[string]string{text: text}, got)
}
