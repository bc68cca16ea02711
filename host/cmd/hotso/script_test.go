package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/registrytest"
)

// commands are there in scripts, and in PATH for other tests.
var commands = map[string]func(){"hotso": main}

func TestMain(m *testing.M) { testscript.Main(m, commands) }

// TestScripts runs testdata/script. Each script has the variables
//
//	$LIBS    greeter v1 and v2, echo, callback, panics, slow, badstart, shapes, busy, hello; sealed, and its own
//	$MODULE  the root of the module
func TestScripts(t *testing.T) {
	module, err := filepath.Abs("../../..")
	require.NoError(t, err)
	libs := []string{
		libtest.Greeter(t, "1"), libtest.Greeter(t, "2"), libtest.Build(t, "echo", "1"),
		libtest.Build(t, "callback", "1"), libtest.Build(t, "panics", "1"), libtest.Build(t, "slow", "1"), libtest.Build(t, "notours", "1"),
		libtest.Build(t, "badstart", "1", libtest.LDFlags("-X main.mode=error")), libtest.Build(t, "shapes", "1"), libtest.Build(t, "busy", "1"),
		libtest.Build(t, filepath.Join(module, "examples", "contract", "libhello"), "1", libtest.Named("hello")),
	}
	goEnv, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE", "GOPATH").Output()
	require.NoError(t, err)
	caches := strings.Fields(string(goEnv))

	testscript.Run(t, script(t, "testdata/script", func(env *testscript.Env) error {
		env.Setenv("MODULE", module)
		env.Setenv("GOCACHE", caches[0])
		env.Setenv("GOMODCACHE", caches[1])
		env.Setenv("GOPATH", caches[2])
		return setLibs(env, libs)
	}))
}

// TestRegistryScripts runs testdata/registry, with greeter v1, v2 and another v3 in $LIBS and a registry at $REGISTRY.
func TestRegistryScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("registries and commands do the work")
	}
	r := registrytest.Start(t, registrytest.Options{})
	libs := []string{libtest.Greeter(t, "1"), libtest.Greeter(t, "2"), libtest.Build(t, "slow", "3", libtest.Named("greeter"))}
	testscript.Run(t, script(t, "testdata/registry", func(env *testscript.Env) error {
		env.Setenv("REGISTRY", r.Host)
		return setLibs(env, libs)
	}))
}

func setLibs(env *testscript.Env, libs []string) error {
	env.Setenv("LIBS", filepath.Join(env.WorkDir, "libs"))
	env.Setenv("GORACE", "atexit_sleep_ms=0") // or each command takes a second longer with -race
	return copyTo(filepath.Join(env.WorkDir, "libs"), libs)
}

func script(t *testing.T, dir string, setup func(*testscript.Env) error) testscript.Params {
	return testscript.Params{
		Condition:           condition,
		Dir:                 dir,
		RequireExplicitExec: true,
		Deadline:            time.Now().Add(2 * time.Minute),
		Setup:               setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":  exits,
			"cut":    cut,
			"unseal": func(ts *testscript.TestScript, _ bool, args []string) { libtest.Unseal(t, ts.MkAbs(args[0])) },
		},
	}
}

func copyTo(dir string, files []string) error {
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), b, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// exits runs a command and wants its exit code: exits 3 hotso inspect x.so
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	code := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// cut shortens a file to half its size: cut FILE
func cut(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	info, err := os.Stat(path)
	ts.Check(err)
	ts.Check(os.Truncate(path, info.Size()/2))
}

// condition knows [race]: under the race detector memory use differs.
func condition(name string) (bool, error) {
	if name == "race" {
		return raceEnabled, nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}
