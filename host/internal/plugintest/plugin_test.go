package plugintest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	alreadyLoaded = `plugin already loaded`
	otherBuild    = `plugin was built with a different version of package ` +
		`github.com/hotso/hotso/testdata/plugin/api`
)

// Every scene is one row of the table in testdata/plugin/README.md.
func TestPlugin(t *testing.T) {
	needPlugin(t)
	root := moduleRoot(t)
	text, err := os.ReadFile(filepath.Join(root, "testdata/plugin/README.md"))
	require.NoError(t, err)
	readme := string(text)

	host := build{target: hostPkg}.run(t, root)
	v1 := build{target: greeterPkg}.run(t, root)
	v2 := build{target: greeterPkg, edit: greetV2}.run(t, root)

	play(t, readme, "load, look up, greet", func(sc *scene) {
		s := sc.start(host)
		s.put("greeter.so", v1)
		s.open("greeter.so", "Hello, Golang!")
		s.end(left{"greeter.so", held})
	})

	play(t, readme, "see a changed file under the same path", func(sc *scene) {
		s := sc.start(host)
		s.put("greeter.so", v1)
		s.open("greeter.so", "Hello, Golang!")
		s.put("greeter.so", v2)
		s.open("greeter.so", "Hello, Golang!")
		s.end(left{"greeter.so", held})

		// The file did change: a host that starts now sees it.
		fresh := sc.start(host)
		fresh.put("greeter.so", v2)
		fresh.open("greeter.so", "Hello, Golang! (v2)")
		fresh.end(left{"greeter.so", held})
	})

	play(t, readme, "free a version, its file deleted", func(sc *scene) {
		s := sc.start(host)
		s.put("greeter.so", v1)
		s.open("greeter.so", "Hello, Golang!")
		require.NoError(sc, os.Remove(filepath.Join(s.dir, "greeter.so")))
		s.end(left{"greeter.so", held})
	})

	play(t, readme, "load the same plugin package under a new file name", func(sc *scene) {
		s := sc.start(host)
		s.put("greeter.so", v1)
		s.put("copy.so", v1)
		s.put("v2.so", v2)
		s.open("greeter.so", "Hello, Golang!")
		s.open("copy.so", `refused: plugin.Open("copy"): `+alreadyLoaded)
		s.open("v2.so", `refused: plugin.Open("v2"): `+alreadyLoaded)
		s.end(left{"greeter.so", held}, left{"copy.so", noHandle}, left{"v2.so", noHandle})
	})

	play(t, readme, "load a version with a plugin path of its own (built from file names, not by import path)", func(sc *scene) {
		s := sc.start(host)
		s.put("greeter.so", v1)
		s.put("v2.so", build{target: greeterFile, edit: greetV2}.run(sc.T, root))
		s.open("greeter.so", "Hello, Golang!")
		s.open("v2.so", "Hello, Golang! (v2)")
		s.end(left{"greeter.so", held}, left{"v2.so", held})
	})

	play(t, readme, "load into a host built with `-trimpath`", func(sc *scene) {
		s := sc.start(build{target: hostPkg, trimpath: true}.run(sc.T, root))
		s.put("greeter.so", v1)
		s.open("greeter.so", `refused: plugin.Open("greeter"): `+otherBuild)
		s.end(left{"greeter.so", noHandle})
	})

	play(t, readme, "load into a host whose `api` has one more comment line", func(sc *scene) {
		other := build{target: hostPkg, edit: apiComment}.run(sc.T, root)
		match := build{target: greeterPkg, edit: apiComment}.run(sc.T, root)
		s := sc.start(other)
		s.put("greeter.so", v1)
		s.open("greeter.so", `refused: plugin.Open("greeter"): `+otherBuild)
		// The path stays refused, although the file there now fits.
		s.put("greeter.so", match)
		s.open("greeter.so", `refused: plugin.Open("greeter.so"): `+otherBuild+` (previous failure)`)
		s.end(left{"greeter.so", noHandle})

		fresh := sc.start(other)
		fresh.put("greeter.so", match)
		fresh.open("greeter.so", "Hello, Golang!")
		fresh.end(left{"greeter.so", held})
	})

	play(t, readme, "load into a host built with `CGO_ENABLED=0`", func(sc *scene) {
		s := sc.start(build{target: hostPkg, noCgo: true}.run(sc.T, root))
		s.put("greeter.so", v1)
		s.open("greeter.so", "refused: plugin: not implemented")
		s.end()
	})
}
