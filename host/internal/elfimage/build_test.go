package elfimage

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// buildDir holds what the tests build; it lives as long as the test binary.
var buildDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "elfimage")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	buildDir = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// built makes a file once, when a test first asks for it.
type built func() (path string, err error)

func (b built) path(t testing.TB) string {
	t.Helper()
	path, err := b()
	if _, missing := err.(*exec.Error); missing {
		t.Skip("no compiler: ", err)
	}
	require.NoError(t, err)
	return path
}

func (b built) bytes(t testing.TB) []byte {
	t.Helper()
	file, err := os.ReadFile(b.path(t))
	require.NoError(t, err)
	return file
}

// out stands for the path of the result in a command's arguments.
const out = "OUT"

// build makes a file by running a compiler: cc itself, or Go with cc for cgo.
func build(cc, name string, argv ...string) built {
	return sync.OnceValues(func() (string, error) {
		if _, err := exec.LookPath(cc); err != nil {
			return "", err
		}
		path := filepath.Join(buildDir, name)
		args := slices.Clone(argv)
		args[slices.Index(args, out)] = path
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=1", "CC="+cc)
		if cc == armGCC {
			cmd.Env = append(cmd.Env, "GOARCH=arm64")
		}
		if msg, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%v: %v\n%s", args, err, bytes.TrimSpace(msg))
		}
		return path, nil
	})
}

func buildC(cc, name string, flags ...string) built {
	argv := []string{cc, "-O1", "-fPIC", "-shared", "-Wl,-soname,libtls.so.1", "-o", out, "testdata/tls.c"}
	return build(cc, name, append(argv, flags...)...)
}

func buildGo(cc, name string, flags ...string) built {
	// With -trimpath, as in all libraries of tests, the standard library is compiled once for all of them.
	argv := append([]string{"go", "build", "-buildmode=c-shared", "-trimpath", "-o", out}, flags...)
	return build(cc, name, append(argv, "./testdata/golib")...)
}

const (
	gcc    = "gcc"
	armGCC = "aarch64-linux-gnu-gcc"
)

var (
	cDynamic   = buildC(gcc, "dynamic.so")
	cInitial   = buildC(gcc, "initial.so", "-DINITIAL")
	cSysvHash  = buildC(gcc, "sysvhash.so", "-DINITIAL", "-Wl,--hash-style=sysv")
	cArm       = buildC(armGCC, "arm.so", "-DINITIAL")
	cObject    = build(gcc, "tls.o", gcc, "-c", "-o", out, "testdata/tls.c")
	cHost      = build(gcc, "host", gcc, "-o", out, "testdata/host.c")
	cStaticPIE = build(gcc, "staticpie", gcc, "-static-pie", "-o", out, "testdata/host.c")

	goPlain    = buildGo(gcc, "plain.so")
	goStripped = buildGo(gcc, "stripped.so", "-ldflags=-s -w")
	goRelr     = buildGo(gcc, "relr.so", "-ldflags=-s -w -extldflags=-Wl,-z,pack-relative-relocs")
	goDynamic  = buildGo(gcc, "godynamic.so", "-tags=dynamic_tls")
	goInitial  = buildGo(gcc, "goinitial.so", "-tags=initial_tls")
	goArm      = buildGo(armGCC, "goarm.so", "-ldflags=-s -w")
)
