package main

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
	"golang.org/x/term"
)

// A screen is a terminal that a program draws on.
type screen struct {
	t    *testing.T
	cmd  *exec.Cmd
	keys *os.File // the terminal's end of it
	tty  *os.File // the program's

	mu       sync.Mutex
	terminal *vt.Emulator
}

// openScreen starts hotso in a terminal of that size.
func openScreen(t *testing.T, width, height int, env []string, args ...string) *screen {
	keys, tty, err := pty.Open()
	require.NoError(t, err)
	s := &screen{t: t, cmd: exec.Command("hotso", args...), keys: keys, tty: tty, terminal: vt.NewEmulator(width, height)}
	s.resize(width, height)
	s.cmd.Env = append(append(os.Environ(), "TERM=xterm-256color", "NO_COLOR="), env...)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true} // or it would not hear that the size has changed
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = tty, tty, tty
	var copying sync.WaitGroup
	copying.Go(func() { _, _ = io.Copy(s, keys) })
	copying.Go(func() { _, _ = io.Copy(keys, s.terminal) }) // what a terminal says when it is asked what it can do
	require.NoError(t, s.cmd.Start())
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		_ = s.terminal.InputPipe().(io.Closer).Close()
		_ = tty.Close()
		_ = keys.Close()
		copying.Wait()
	})
	return s
}

// Write is what the program writes.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.terminal.Write(p)
}

func (s *screen) resize(width, height int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.terminal.Resize(width, height)
	require.NoError(s.t, pty.Setsize(s.keys, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}))
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.terminal.String()
}

// isDrawnOn reports whether the program has the whole screen, and the cursor is hidden.
func (s *screen) isDrawnOn() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.terminal.IsAltScreen() || s.terminal.CursorHidden()
}

// shows waits until all texts are on the screen.
func (s *screen) shows(texts ...string) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		drawn := s.String()
		for _, text := range texts {
			if !strings.Contains(drawn, text) {
				return false
			}
		}
		return true
	}, time.Minute, 10*time.Millisecond, "%q in %s", texts, s)
}

func (s *screen) press(keys string) {
	_, err := io.WriteString(s.keys, keys)
	require.NoError(s.t, err)
}

// isAsBefore waits until there is again what was there before: nothing.
func (s *screen) isAsBefore() {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return !s.isDrawnOn() && strings.TrimSpace(s.String()) == "" }, time.Minute, 10*time.Millisecond, "%s", s)
}

// modes are those that the terminal is in: which keys are shown, and what ends the program.
func (s *screen) modes() *term.State {
	state, err := term.GetState(int(s.tty.Fd()))
	require.NoError(s.t, err)
	return state
}

// exit waits for the end and returns the exit code.
func (s *screen) exit() int {
	s.t.Helper()
	done := make(chan struct{})
	go func() { _ = s.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		require.Fail(s.t, "hotso does not end", "%s", s)
	}
	return s.cmd.ProcessState.ExitCode()
}
