package packaging

import (
	"encoding/base64"
	"encoding/gob"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elastic/go-seccomp-bpf"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// filterVariable has a restriction, under which this program becomes another.
const filterVariable = "HOTSO_TEST_FILTER"

// What is tested, built once.
var hotso, library string

func TestMain(m *testing.M) {
	if text := os.Getenv(filterVariable); text != "" {
		fmt.Fprintln(os.Stderr, become(text))
		os.Exit(125)
	}
	os.Exit(build(m))
}

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "hotso-packaging-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	hotso, library = filepath.Join(dir, "hotso"), filepath.Join(dir, "libgreeter.v1.so")
	for _, args := range [][]string{
		{"go", "build", "-o", hotso, "./host/cmd/hotso"},
		{hotso, "build", "./libgreeter", "--version", "1", "-o", dir},
	} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir, cmd.Env = "..", append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%v: %v\n%s", args, err, out)
			return 1
		}
	}
	return m.Run()
}

// A restriction is what the kernel is told before hotso begins.
type restriction struct {
	Filter   seccomp.Policy
	DenyExec bool // PR_SET_MDWE, which systemd's MemoryDenyWriteExecute= sets where the kernel has it
}

// command is hotso under the restriction.
func (r restriction) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	var text strings.Builder
	encoder := base64.NewEncoder(base64.StdEncoding, &text)
	require.NoError(t, gob.NewEncoder(encoder).Encode(r))
	require.NoError(t, encoder.Close())
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, append([]string{hotso}, args...)...)
	cmd.Env = append(os.Environ(), filterVariable+"="+text.String())
	return cmd
}

// become replaces this process by the command in its arguments, restricted. It returns only if that fails.
func become(text string) error {
	if err := os.Unsetenv(filterVariable); err != nil {
		return err
	}
	var r restriction
	if err := gob.NewDecoder(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text))).Decode(&r); err != nil {
		return err
	}
	if r.DenyExec {
		const mdweRefuseExecGain = 1
		if err := unix.Prctl(unix.PR_SET_MDWE, mdweRefuseExecGain, 0, 0, 0); err != nil {
			return fmt.Errorf("PR_SET_MDWE: %w", err)
		}
	}
	filter := seccomp.Filter{NoNewPrivs: true, Flag: seccomp.FilterFlagTSync, Policy: r.Filter}
	if err := seccomp.LoadFilter(filter); err != nil {
		return err
	}
	return unix.Exec(os.Args[1], os.Args[1:], os.Environ())
}

func serveHelp(t *testing.T) string {
	t.Helper()
	out, err := exec.Command(hotso, "serve", "--help").Output()
	require.NoError(t, err)
	return string(out)
}
