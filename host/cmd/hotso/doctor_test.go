package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/cmd/hotso/internal/doctor"
	"github.com/hotso/hotso/host/internal/libtest"
)

// examined runs hotso doctor --json, and returns what it found by thing, the worst of each.
func examined(t *testing.T, cmd *exec.Cmd) map[string]doctor.Finding {
	t.Helper()
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	var found []doctor.Finding
	require.NoError(t, json.Unmarshal(out, &found), "%s%s", out, &problems)
	bad := false
	worst := map[string]doctor.Finding{}
	for _, f := range found {
		bad = bad || f.Is == doctor.Bad
		if f.Is == doctor.Good {
			assert.Empty(t, f.Mend)
		} else {
			assert.NotEmpty(t, f.Mend, f.Detail)
		}
		order := map[string]int{doctor.Good: 1, doctor.Careful: 2, doctor.Bad: 3}
		if order[f.Is] > order[worst[f.Thing].Is] {
			worst[f.Thing] = f
		}
	}
	assert.Equal(t, bad, err != nil, "the exit code says so, too")
	return worst
}

func doctorIn(dir string, env []string, args ...string) *exec.Cmd {
	cmd := exec.Command("hotso", append([]string{"doctor", "--json"}, args...)...)
	cmd.Dir, cmd.Env = dir, append(append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOPROXY=off"), env...)
	return cmd
}

// A machine that runs these tests is good.
func TestDoctor(t *testing.T) {
	needBuild(t)
	root, err := libtest.Root()
	require.NoError(t, err)
	for thing, f := range examined(t, doctorIn(root, nil, "./libgreeter")) {
		assert.Equal(t, doctor.Good, f.Is, "%s: %s", thing, f.Detail)
	}
	found := examined(t, doctorIn(t.TempDir(), nil, libtest.Greeter(t, "2")))
	assert.Equal(t, doctor.Good, found["library"].Is)
	assert.Contains(t, found["library"].Detail, "greeter v2 can be loaded")
	assert.NotContains(t, examined(t, doctorIn(t.TempDir(), nil)), "library", "there is none to look at")
	_, err = doctorIn(root, nil, "none").Output()
	require.Error(t, err)

	text, err := exec.Command("hotso", "doctor", filepath.Join(root, "libgreeter")).Output()
	require.NoError(t, err)
	assert.Regexp(t, `(?m)^good     C compiler +\S`, string(text))
}

// What is bad is found, with what to do.
func TestDoctorFinds(t *testing.T) {
	needBuild(t)
	root, err := libtest.Root()
	require.NoError(t, err)
	finds := func(cmd *exec.Cmd, thing, is, detail, mend string) {
		t.Helper()
		f := examined(t, cmd)[thing]
		assert.Equal(t, is, f.Is, "%+v", f)
		assert.Contains(t, f.Detail, detail)
		assert.Contains(t, f.Mend, mend)
	}
	finds(doctorIn(root, []string{"PATH=/none"}), "go", doctor.Bad, "go", "install Go")
	finds(doctorIn(root, []string{"CC=no-such-compiler"}), "C compiler", doctor.Bad, "no-such-compiler", "install gcc or clang")
	finds(doctorIn(root, []string{"CC=gcc -include none.h"}), "C compiler", doctor.Bad, "none.h", "install gcc or clang")
	finds(doctorIn(root, []string{"GOFLAGS=-race"}), "GOFLAGS", doctor.Bad, "-race: a library with it ends its host", "leave it out")
	finds(doctorIn(root, []string{"TMPDIR=/none"}), "temporary files", doctor.Careful, "/none", "TMPDIR")
	for limit, detail := range map[string]string{"-n 64": "RLIMIT_NOFILE is 64", "-v 30000000": "RLIMIT_AS is 30720000000"} {
		cmd := doctorIn(root, nil)
		cmd.Args = append([]string{"sh", "-c", "ulimit " + limit + ` && exec "$0" "$@"`}, cmd.Args...)
		cmd.Path, err = exec.LookPath("sh")
		require.NoError(t, err)
		finds(cmd, "limits", doctor.Careful, detail, "ulimit "+limit[:2])
	}

	dir := makeWorkshop(t)
	finds(doctorIn(dir, libtest.Offline, "./libshop"), "library", doctor.Bad, "is not up to date", "run hotso gen ./shop")
	for _, of := range []string{"shop", "libshop"} {
		gen := exec.Command("hotso", "gen", of)
		gen.Dir, gen.Env = dir, append(os.Environ(), libtest.Offline...)
		out, err := gen.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	assert.Equal(t, doctor.Good, examined(t, doctorIn(dir, libtest.Offline, "./libshop"))["library"].Is)
	contract := filepath.Join(dir, "shop/shop.go")
	require.NoError(t, os.WriteFile(contract, []byte(strings.Replace(workshop["shop/shop.go"], "name string", "name []string", 1)), 0o666))
	finds(doctorIn(dir, libtest.Offline, "./libshop"), "library", doctor.Bad, "shop/hotso_gen.go is not up to date", "run hotso gen")
	require.NoError(t, os.WriteFile(contract, []byte(workshop["shop/shop.go"]), 0o666))
	wrong := strings.Replace(workshop["libshop/main.go"], "said++", "sait++", 1)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "libshop/main.go"), []byte(wrong), 0o666))
	finds(doctorIn(dir, libtest.Offline, "./libshop"), "library", doctor.Bad, "undefined: sait", "mend what it says")
	empty := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(empty, "go.mod"), []byte("module example.com/m\n\ngo 1.26\n"), 0o666))
	require.NoError(t, os.WriteFile(filepath.Join(empty, "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o666))
	finds(doctorIn(empty, nil), "module", doctor.Bad, "hotso", "go get -tool")
	require.NoError(t, os.Remove(filepath.Join(dir, "libshop/hotso_gen.go")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "libshop/main.go"), []byte("package main\n\nfunc main() {}\n"), 0o666))
	finds(doctorIn(dir, libtest.Offline, "./libshop"), "library", doctor.Bad, "does not import cabi", "//hotso:export")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "libshop/main.go"),
		[]byte("package main\n\nimport _ \"github.com/hotso/hotso/cabi\"\n\nfunc main() {}\n"), 0o666))
	finds(doctorIn(dir, libtest.Offline, "./libshop"), "library", doctor.Bad, "exports nothing", "//hotso:export")

	plain := filepath.Join(t.TempDir(), "libplain.v1.so")
	require.NoError(t, os.WriteFile(plain, []byte("no library"), 0o666))
	finds(doctorIn(root, nil, plain), "library", doctor.Bad, "not an ELF", "hotso build")
}
