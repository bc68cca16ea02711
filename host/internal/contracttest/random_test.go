package contracttest

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
)

var (
	randomSeed  = flag.Uint64("random.seed", 1, "seed of the first random contract")
	randomTime  = flag.Duration("random.time", 0, "how long further contracts are begun, of seeds that are drawn")
	randomKeep  = flag.String("random.keep", "", "directory for the source of the contract, which is new")
	randomCount = flag.Int("random.types", 200, "how many types a random contract has")
)

// TestRandomContracts writes random contracts, and sends random values there and back while versions
// are swapped, in a program of its own: where each few bytes begin a collection.
func TestRandomContracts(t *testing.T) {
	if testing.Short() {
		t.Skip("other programs do the work, which need not be done twice")
	}
	if runtime.GOOS != "linux" {
		t.Skip("libraries are not unloaded here")
	}
	begin := time.Now()
	for seed := *randomSeed; ; seed = rand.Uint64N(1 << 31) {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) { testRandomContract(t, seed) })
		if t.Failed() || time.Since(begin) > *randomTime {
			break
		}
	}
}

func testRandomContract(t *testing.T, seed uint64) {
	dir := filepath.Join(t.TempDir(), "random")
	writeRandom(t, dir, seed, *randomCount)
	if *randomKeep != "" {
		require.NoError(t, os.CopyFS(*randomKeep, os.DirFS(dir)))
	}
	libraries := libtest.Build(t, dir, "1") + "," + libtest.Build(t, dir, "2")
	program := filepath.Join(dir, "test")
	build := []string{"test", "-c", "-vet=off", "-o", program, "./contract"}
	if raceEnabled {
		build = append(build[:2], append([]string{"-race"}, build[2:]...)...)
	}
	runIn(t, dir, "go", build...)
	runIn(t, dir, program, "-test.v", "-swapped.libraries", libraries, "-swapped.seed", fmt.Sprint(seed))
}

// runIn runs a command, which must succeed.
func runIn(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOGC=1")
	if name == "go" {
		cmd.Env = os.Environ()
	}
	begin := time.Now()
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	t.Logf("%s took %v: %s", filepath.Base(name), time.Since(begin).Round(time.Second/10), out)
}
