package oci_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/registrytest"
)

// A process follows the tag until the test ends.
type process struct {
	t     testing.TB
	cmd   *exec.Cmd
	stdin io.Closer
	lines *bufio.Reader
}

func (c channel) process() *process {
	c.t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childReference+"="+c.proxy.Host+"/team/greeter:stable", childCache+"="+c.cache)
	stdin, err := cmd.StdinPipe()
	require.NoError(c.t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(c.t, err)
	require.NoError(c.t, cmd.Start())
	p := &process{c.t, cmd, stdin, bufio.NewReader(stdout)}
	c.t.Cleanup(p.end)
	return p
}

func (p *process) end() {
	_ = p.stdin.Close()
	_, _ = io.Copy(io.Discard, p.lines)
	_ = p.cmd.Wait()
}

func (p *process) found(version string) {
	p.t.Helper()
	line, err := p.lines.ReadString('\n')
	require.NoError(p.t, err)
	assert.Equal(p.t, "found "+version+" <nil>\n", line)
}

// However many processes run, for the same host even as during an upgrade, a file is downloaded once per machine; and
// one that is killed leaves nothing that the others stumble over.
func TestProcesses(t *testing.T) {
	t.Parallel()
	c := newChannel(t, registrytest.Options{})
	c.push("1", "stable")
	var all []*process
	for range 6 {
		all = append(all, c.process())
	}
	for i, version := range []string{"1", "2", "3"} {
		if i > 0 {
			c.push(version, "stable")
		}
		for n, p := range all {
			p.found(version)
			if n == 0 { // while others are at it
				require.NoError(t, p.cmd.Process.Kill())
			}
		}
		assert.Equal(t, i+1, c.proxy.Count("GET", registrytest.Blob))
		all = all[1:]
	}
	links, err := filepath.Glob(filepath.Join(c.cache, "channels", "*", "libraries", "*"))
	require.NoError(t, err)
	var names []string
	for _, l := range links {
		names = append(names, filepath.Base(l))
	}
	assert.Equal(t, []string{"libgreeter.v1.so", "libgreeter.v2.so", "libgreeter.v3.so"}, names)
}
