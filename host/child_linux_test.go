package host_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hotso/hotso/host"
)

// child runs TestChild in a process of its own, in the given role, and returns
// what it wrote.
func child(t *testing.T, role string, args ...string) string {
	return childOf(t, exec.Command(os.Args[0]), role, args...)
}

// childOf is child, started by a command that ends in the path of this test binary.
func childOf(t *testing.T, cmd *exec.Cmd, role string, args ...string) string {
	cmd.Args = append(cmd.Args, "-test.run=^TestChild$", "-test.v")
	cmd.Dir = host.SourceDir
	cmd.Env = append(os.Environ(), childRole+"="+strings.Join(append([]string{role}, args...), ":"))
	out, err := cmd.CombinedOutput()
	assert.NoError(t, err, "%s", out)
	return string(out)
}

// TestChild is the other process of tests that need one.
func TestChild(t *testing.T) {
	args := strings.Split(os.Getenv(childRole), ":")
	switch args[0] {
	case "swap":
		swapUpAndDown(t, args[1], args[2])
	case "crash":
		crashForGood(t, args[1])
	case "limit":
		fillToTheLimit(t, args[1])
	case "threads":
		fillWithCalls(t, args[1:]...)
	case "descriptors":
		crashWithoutDescriptors(t, args[1:]...)
	case "start":
		startAtALimit(t, args[1:]...)
	case "output":
		printWithoutReader(t, args[1])
	case "own":
		ownCopies(t, args[1], args[2])
	case "elsewhere":
		unloadUnderAThreadElsewhere(t)
	case "signals":
		crashUnderSignals(t)
	case "files":
		startChildrenWithFiles(t, args[1])
	default:
		t.Skip("it is run by other tests")
	}
}
