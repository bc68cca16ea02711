//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

const librarySource = "scripts/fleet/libgreeter"

// modes are how the linker makes the versions differ.
var modes = []struct{ version, mode string }{{"1", ""}, {"2", ""}, {"3", "fails"}, {"4", "crashes"}}

// A built is what a fleet needs.
type built struct {
	hotso, registry, libraries string
}

// build builds all from what is in the module.
func build(ctx context.Context, dir, hotso string, c *children, v *view) (b built, err error) {
	b = built{filepath.Join(dir, "hotso"), filepath.Join(dir, "registry"), filepath.Join(dir, "libraries")}
	command := func(env string, name string, args ...string) {
		if err != nil {
			return
		}
		cmd := exec.Command(name, args...)
		cmd.Env = environment(strings.Fields(env)...)
		if out, e := c.run(ctx, cmd); e != nil {
			err = fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), e, bytes.TrimSpace(out))
		}
	}
	if hotso != "" {
		b.hotso = hotso
	} else {
		v.say("building hotso")
		command("CGO_ENABLED=0", "go", "build", "-o", b.hotso, "./host/cmd/hotso")
	}
	v.say("building a registry (CNCF distribution)")
	command("CGO_ENABLED=0", "go", "build", "-C", "testdata/registry", "-o", b.registry, ".")
	v.say("building greeter: v1, v2, v3 that fails 5 %% of its calls, v4 that crashes at its start")
	for _, m := range modes {
		command("", b.hotso, "build", librarySource, "--version", m.version, "-o", b.libraries, "--ldflags", "-X main.mode="+m.mode)
	}
	return b, err
}
