//go:build linux && !race

package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
	ft "github.com/hotso/hotso/scripts/internal/fieldtest"
)

var databases = flag.String("databases", "bbolt", "the programs of docs/embedding-databases.md that are tested, separated by commas")

var program = regexp.MustCompile("(?s)<!-- compile: (\\w+) -->\n+```go\n(.*?)```")

// The programs of the guide keep what they have answered, over swaps under calls and over crashes.
//
//	go test ./scripts/corpus -run Databases -databases bbolt,badger,pebble,modernc,mattn
func TestEmbeddingDatabases(t *testing.T) {
	text, err := os.ReadFile("../../docs/embedding-databases.md")
	require.NoError(t, err)
	programs := map[string]string{}
	for _, p := range program.FindAllStringSubmatch(string(text), -1) {
		programs[p[1]] = p[2]
	}
	require.Len(t, programs, 5)
	for _, name := range strings.Split(*databases, ",") {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, programs, name)
			count(t, compiled(t, name, programs[name]))
		})
	}
}

// compiled is the file of a program, which has the modules of testdata/corpus.
func compiled(t *testing.T, name, source string) string {
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	module := t.TempDir()
	goMod, err := os.ReadFile(filepath.Join(root, "testdata/corpus/go.mod"))
	require.NoError(t, err)
	goSum, err := os.ReadFile(filepath.Join(root, "testdata/corpus/go.sum"))
	require.NoError(t, err)
	for file, text := range map[string]string{
		"main.go": source, "go.mod": strings.Replace(string(goMod), "=> ../..", "=> "+root, 1), "go.sum": string(goSum),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(module, file), []byte(text), 0o666))
	}
	fetch(t, module, "")
	file, err := ft.Suite{Module: module}.Build(t.Context(), t.TempDir(), ft.Library{Name: name})
	require.NoError(t, err)
	return file
}

func count(t *testing.T, file string) {
	ctx := t.Context()
	name := strings.TrimPrefix(strings.TrimSuffix(filepath.Base(file), ".v1.so"), "lib")
	slot := host.NewSlot(name, host.Environ("DATA_DIR="+t.TempDir()), host.CrashLimit(100, time.Minute))
	defer func() {
		report, err := slot.Close(context.WithoutCancel(ctx))
		assert.NoError(t, err)
		assert.Equal(t, host.Unloaded, report.State, report.Reason)
	}()
	_, err := slot.Swap(ctx, file)
	require.NoError(t, err)
	counts, err := host.Func0[int64](slot, "Count")
	require.NoError(t, err)

	var answered, crashed atomic.Int64
	var callers sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		callers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				switch _, err := counts(ctx); {
				case err == nil:
					answered.Add(1)
				case errors.Is(err, host.ErrCrashed): // it may have counted
					crashed.Add(1)
				default:
					assert.NoError(t, err)
					return
				}
			}
		})
	}
	for range 5 {
		_, err := slot.Swap(ctx, file)
		assert.NoError(t, err)
		_, err = slot.Call(ctx, abi.SymDrill, "panic")
		assert.ErrorIs(t, err, host.ErrCrashed)
		_, err = counts(ctx)
		if errors.Is(err, host.ErrCrashed) {
			crashed.Add(1)
			continue
		}
		assert.NoError(t, err)
		answered.Add(1)
	}
	close(stop)
	callers.Wait()
	last, err := counts(ctx)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, last, answered.Load()+1)
	assert.LessOrEqual(t, last, answered.Load()+1+crashed.Load())
	assert.Greater(t, answered.Load(), int64(20))
	for _, v := range slot.Versions() {
		assert.Empty(t, v.Conflicts)
	}
}
