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

// finds wants a finding of doctor.
func finds(t *testing.T, cmd *exec.Cmd, thing, is, detail, mend string) {
	t.Helper()
	f := examined(t, cmd)[thing]
	assert.Equal(t, is, f.Is, "%+v", f)
	assert.Contains(t, f.Detail, detail)
	assert.Contains(t, f.Mend, mend)
}

// A machine that runs these tests is good.
func TestDoctor(t *testing.T) {
	plainOnly(t)
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
	plainOnly(t)
	needBuild(t)
	here := t.TempDir() // there is nothing
	finds := func(cmd *exec.Cmd, thing, is, detail, mend string) {
		t.Helper()
		finds(t, cmd, thing, is, detail, mend)
	}
	finds(doctorIn(here, []string{"PATH=/none"}), "go", doctor.Careful, "can be served", "install Go")
	module := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(module, "go.mod"), []byte("module example.com/m\n"), 0o600))
	finds(doctorIn(module, []string{"PATH=/none"}), "go", doctor.Bad, "go", "install Go")
	finds(doctorIn(here, []string{"CC=no-such-compiler"}), "C compiler", doctor.Bad, "no-such-compiler", "install gcc or clang")
	finds(doctorIn(here, []string{"CC=gcc -include none.h"}), "C compiler", doctor.Bad, "none.h", "install gcc or clang")
	finds(doctorIn(here, []string{"GOFLAGS=-race"}), "GOFLAGS", doctor.Bad, "-race: a library with it ends its host", "leave it out")
	finds(doctorIn(here, []string{"TMPDIR=/none"}), "temporary files", doctor.Careful, "/none", "TMPDIR")
	for flag, value := range map[string]string{"CGO_CFLAGS": "-O2 -fsanitize=address", "CGO_LDFLAGS": "-static", "CGO_CXXFLAGS": "-fvisibility=hidden"} {
		finds(doctorIn(here, []string{flag + "=" + value}), flag, doctor.Bad, strings.TrimPrefix(value, "-O2 ")+": ", "leave it out")
	}
	for limit, detail := range map[string]string{"-n 64": "RLIMIT_NOFILE is 64", "-v 30000000": "RLIMIT_AS is 30720000000"} {
		cmd := doctorIn(here, nil)
		cmd.Args = append([]string{"sh", "-c", "ulimit " + limit + ` && exec "$0" "$@"`}, cmd.Args...)
		sh, err := exec.LookPath("sh")
		require.NoError(t, err)
		cmd.Path = sh
		finds(cmd, "limits", doctor.Careful, detail, "ulimit "+limit[:2])
	}

	future := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(future, "go.mod"), []byte("module example.com/m\n\ngo 1.99\n"), 0o666))
	finds(doctorIn(future, []string{"GOTOOLCHAIN=local"}), "module", doctor.Bad, "requires go >= 1.99", "GOTOOLCHAIN=auto")

	dir := makeWorkshop(t)
	finds(doctorIn(dir, libtest.Offline, "./libshop"), "library", doctor.Bad, "is not up to date", "run hotso gen ./shop")
	for _, of := range []string{"shop", "libshop"} {
		gen := exec.Command("hotso", "gen", of)
		gen.Dir, gen.Env = dir, append(os.Environ(), libtest.Offline...)
		out, err := gen.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	assert.Equal(t, doctor.Good, examined(t, doctorIn(dir, libtest.Offline, "./libshop"))["library"].Is)
	t.Run("at the root", func(t *testing.T) { // of a module, all is looked at
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "cmd/shop"), 0o777))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "cmd/shop/main.go"),
			[]byte("package main\n\nimport _ \"github.com/hotso/hotso/host\"\nimport _ \"net\"\n\nfunc main() {}\n"), 0o666))
		for cgo, detail := range map[string]string{"0": "./cmd/shop is built without cgo", "1": "./cmd/shop is built with cgo"} {
			cmd := doctorIn(dir, libtest.Offline)
			cmd.Env = append(cmd.Env, "CGO_ENABLED="+cgo)
			out, err := cmd.Output()
			require.NoError(t, err, "%s", out)
			assert.Contains(t, string(out), detail)
			assert.Contains(t, string(out), "./libshop exports 1 function")
			assert.NotContains(t, string(out), "./host ", "which has nothing of hotso")
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, "libshop/hotso_gen_test.go"), []byte("package main\n\nvar x int = \"\"\n"), 0o666))
		defer os.Remove(filepath.Join(dir, "libshop/hotso_gen_test.go"))
		finds(doctorIn(dir, libtest.Offline), "library", doctor.Bad, "cannot use", "mend what it says")
		finds(doctorIn(dir, libtest.Offline, "./shop"), "library", doctor.Careful, "there is none in ./shop", "hotso new NAME")
	})
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
	finds(doctorIn(here, nil, plain), "library", doctor.Bad, "not an ELF", "hotso help errors/not-elf")
	unsealed := libtest.Greeter(t, "1")
	libtest.Unseal(t, unsealed)
	finds(doctorIn(here, nil, unsealed), "library", doctor.Bad, "not sealed", "hotso help errors/unsealed")
}
