package plugintest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// scene acts out one row of the README's table. It collects all that its hosts print.
type scene struct {
	*testing.T
	lines []string
}

// play runs act as a subtest named row, and then compares what the hosts printed with
// what the README quotes in the row of that name.
func play(t *testing.T, readme, row string, act func(*scene)) {
	t.Helper()
	t.Run(row, func(t *testing.T) {
		sc := &scene{T: t}
		act(sc)
		assert.Equal(t, quotes(t, readme, row), sc.lines, "the README's lines are the real ones")
	})
}

var (
	codeSpan = regexp.MustCompile("`[^`]+`")
	kib      = regexp.MustCompile(`\d+ of \d+ KiB`)
)

// quotes returns the code spans in the last column of the named row.
func quotes(t *testing.T, readme, row string) []string {
	t.Helper()
	_, rest, found := strings.Cut(readme, "\n| "+row+" |")
	require.True(t, found, "the README has no row %q", row)
	cells, _, _ := strings.Cut(rest, "\n")
	_, quoted, _ := strings.Cut(cells, "|")
	var lines []string
	for _, span := range codeSpan.FindAllString(quoted, -1) {
		lines = append(lines, anySize(strings.Trim(span, "`")))
	}
	return lines
}

// anySize hides sizes, which differ between architectures and Go versions.
func anySize(line string) string {
	return kib.ReplaceAllString(line, "N of N KiB")
}

// session is one running host, in a directory of its own, so that the paths it
// prints are short.
type session struct {
	sc  *scene
	dir string
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func (sc *scene) start(host string) *session {
	sc.Helper()
	s := &session{sc: sc, dir: sc.TempDir(), cmd: exec.CommandContext(sc.Context(), host)}
	s.cmd.Dir = s.dir
	s.cmd.Stderr = os.Stderr
	var err error
	s.in, err = s.cmd.StdinPipe()
	require.NoError(sc, err)
	out, err := s.cmd.StdoutPipe()
	require.NoError(sc, err)
	s.out = bufio.NewReader(out)
	require.NoError(sc, s.cmd.Start())
	return s
}

// put puts a copy of the built file at name, by rename: copying over the old file
// would change the pages that the host is running.
func (s *session) put(name, built string) {
	s.sc.Helper()
	content, err := os.ReadFile(built)
	require.NoError(s.sc, err)
	path := filepath.Join(s.dir, name)
	require.NoError(s.sc, os.WriteFile(path+".new", content, 0o755))
	require.NoError(s.sc, os.Rename(path+".new", path))
}

// open has the host open name and checks its answer.
func (s *session) open(name, answer string) {
	s.sc.Helper()
	_, err := fmt.Fprintln(s.in, name)
	require.NoError(s.sc, err)
	assert.Equal(s.sc, name+": "+answer, s.line())
}

// left is what the host says, when it ends, about a file that it had mapped.
type left struct{ name, handle string }

const (
	held     = "handle held, no Close"
	noHandle = "no handle"
)

// end closes the host's input and checks what the host then says is left, in the
// order in which the files were first opened.
func (s *session) end(wants ...left) {
	s.sc.Helper()
	require.NoError(s.sc, s.in.Close())
	for _, want := range wants {
		line := s.line()
		assert.Equal(s.sc, want.name+": after GC: N of N KiB mapped, "+want.handle, anySize(line))
		var still, before int
		_, err := fmt.Sscanf(kib.FindString(line), "%d of %d KiB", &still, &before)
		require.NoError(s.sc, err, line)
		assert.Equal(s.sc, before, still, line)
	}
	_, err := s.out.ReadString('\n')
	require.ErrorIs(s.sc, err, io.EOF, "the host has no more to say")
	require.NoError(s.sc, s.cmd.Wait())
}

// line returns the host's next line.
func (s *session) line() string {
	s.sc.Helper()
	line, err := s.out.ReadString('\n')
	require.NoError(s.sc, err, "the host's answer")
	line = strings.TrimSuffix(line, "\n")
	s.sc.Log(line)
	s.sc.lines = append(s.sc.lines, anySize(line))
	return line
}
