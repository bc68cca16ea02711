package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// completed is what hotso offers for the last of the arguments, and how the shell is to go on (the number of
// the directive).
func completed(t *testing.T, args ...string) (list []string, directive string) {
	t.Helper()
	out, problem, code := hotso(t, append([]string{"__complete"}, args...)...)
	require.Zero(t, code, problem)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	return lines[:len(lines)-1], lines[len(lines)-1]
}

const (
	asItIs  = ":4"  // ShellCompDirectiveNoFileComp
	byExt   = ":8"  // ShellCompDirectiveFilterFileExt
	dirs    = ":16" // ShellCompDirectiveFilterDirs
	anyFile = ":0"
	goesOn  = ":6" // and NoSpace
)

// plainOnly is for tests in which commands do the work, one after the other: with the race detector each takes far
// longer to start, and there is nothing for it to see.
func plainOnly(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("commands do the work, one after the other")
	}
}

func TestCompletion(t *testing.T) {
	plainOnly(t)
	greeter := libtest.Greeter(t, "1")
	root, err := libtest.Root()
	require.NoError(t, err)
	hello := libtest.Build(t, filepath.Join(root, "examples", "contract", "libhello"), "1", libtest.Named("hello"))
	offers := func(directive string, list []string, args ...string) {
		t.Helper()
		got, how := completed(t, args...)
		assert.Equal(t, directive, how, args)
		if len(list) > 0 {
			assert.Subset(t, got, list, args)
		} else {
			assert.Empty(t, got, args)
		}
	}
	for _, command := range []string{"call", "inspect", "soak", "crash", "seal", "canary"} {
		offers(byExt, []string{"so"}, command, filepath.Join(t.TempDir(), ""))
	}
	offers(dirs, nil, "serve", "")
	offers(dirs, nil, "serve", "one", "")
	for _, command := range []string{"build", "gen", "versions", "rollback", "promote", "top"} {
		offers(dirs, nil, command, "")
		offers(asItIs, nil, command, "one", "")
	}
	offers(asItIs, []string{"Add\tfunc(a int32, b int32) int32", "Greet\tfunc() cstring"}, "call", greeter, "")
	offers(anyFile, nil, "call", greeter, "Add", "")
	got, _ := completed(t, "call", hello, "")
	assert.Contains(t, strings.Join(got, "\n"), "Greeter.Greet\tGreet(")
	assert.NotContains(t, strings.Join(got, "\n"), "Greeter_", "once is enough")
	offers(asItIs, nil, "call", "none.so", "")
	offers(goesOn, []string{"Greet\tfunc() cstring"}, "soak", greeter, "--call", "")
	offers(asItIs, []string{"all", "overflow"}, "crash", greeter, "--kind", "")
	offers(asItIs, []string{"greeter"}, "serve", filepath.Dir(greeter), "--name", "")
	offers(asItIs, []string{"unloading\twhat is left of an old version: nothing", "inspect\tShow what a library is, without running any of it"}, "help", "")
	offers(asItIs, []string{"errors/seal\tseal does not match"}, "help", "errors/se")
	offers(asItIs, []string{"bash\tGenerate the autocompletion script for bash"}, "completion", "")
	assert.NotContains(t, strings.Join(first(completed(t, "help", "")), "\n"), "errors/", "they are many")
}

func first(list []string, _ string) []string { return list }

// Versions of a running server are offered with their states, but for the one that serves.
func TestCompletionAsksTheServer(t *testing.T) {
	dir := t.TempDir()
	moveInto(t, dir, libtest.Greeter(t, "1"))
	c := startServe(t, dir)
	c.await(host.Serving)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "libgreeter.v0.so"), []byte("text"), 0o666))
	two := moveInto(t, dir, libtest.Greeter(t, "2"))
	c.await(host.Unloaded)
	got, directive := completed(t, "canary", dir+"/")
	assert.Equal(t, asItIs, directive)
	assert.Contains(t, got, filepath.Join(dir, "libgreeter.v1.so")+"\tv1, unloaded")
	assert.NotContains(t, strings.Join(got, "\n"), two)
}

// The script works in bash, as its user has it.
func TestBashCompletion(t *testing.T) {
	plainOnly(t)
	const package_ = "/usr/share/bash-completion/bash_completion"
	if _, err := os.Stat(package_); err != nil {
		t.Skip("the package bash-completion is not installed: ", err)
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	library := libtest.Greeter(t, "1")
	complete := func(line string) string {
		script := `. ` + package_ + `; . <(hotso completion bash)
			COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9 COMP_KEY=9
			read -r -a COMP_WORDS <<< "$1"; case $1 in *' ') COMP_WORDS+=('') ;; esac
			COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
			compopt() { :; } # there is none outside of a completion
			__start_hotso; printf '%s\n' "${COMPREPLY[@]}"`
		out, err := exec.Command(bash, "--norc", "-c", script, "bash", line).CombinedOutput()
		require.NoError(t, err, "%s", out)
		return strings.TrimSpace(string(out))
	}
	assert.Equal(t, "inspect", complete("hotso insp"))
	assert.Equal(t, "GreetName", complete("hotso call "+library+" GreetN"))
	assert.Equal(t, library, complete("hotso inspect "+strings.TrimSuffix(library, ".v1.so")))
	assert.Equal(t, "errors/unsealed", complete("hotso help errors/unse"))
	assert.Equal(t, "--percent", complete("hotso canary --perc"))
}

// The other shells have scripts, too.
func TestCompletionScripts(t *testing.T) {
	plainOnly(t)
	for shell, begins := range map[string]string{"zsh": "#compdef hotso", "fish": "# fish completion for hotso", "powershell": "# powershell completion for hotso"} {
		out, problem, code := hotso(t, "completion", shell)
		assert.Zero(t, code, problem)
		assert.True(t, strings.HasPrefix(out, begins), shell)
		if path, err := exec.LookPath(shell); err == nil && shell != "powershell" {
			file := filepath.Join(t.TempDir(), "script")
			require.NoError(t, os.WriteFile(file, []byte(out), 0o666))
			said, err := exec.Command(path, "-n", file).CombinedOutput()
			assert.NoError(t, err, "%s: %s", shell, said)
		} else {
			t.Logf("%s is not installed, so its script is not read by it", shell)
		}
	}
}
