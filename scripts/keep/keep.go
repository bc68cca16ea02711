//go:build keep

package keep

import (
	_ "github.com/ebitengine/purego"
	_ "github.com/fatih/color"
	_ "github.com/fsnotify/fsnotify"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/schollz/progressbar/v3"
	_ "github.com/spf13/cobra"
	_ "github.com/stretchr/testify/require"
	_ "golang.org/x/mod/semver"
	_ "golang.org/x/sys/unix"
	_ "golang.org/x/term"
)
