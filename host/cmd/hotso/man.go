package main

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"
)

// writeManPages writes a page for each command to dir, hotso-serve.1. The same hotso writes the same bytes.
func writeManPages(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	root.DisableAutoGenTag = true // which has the day of the build
	forMan(root)
	date := builtFrom()
	return doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "hotso", Manual: "hotso manual", Date: &date}, filepath.Clean(dir))
}

// builtFrom is the time of the commit that this hotso was built from; else SOURCE_DATE_EPOCH
// (reproducible-builds.org), or the epoch.
func builtFrom() time.Time {
	if epoch, err := time.ParseDuration(os.Getenv("SOURCE_DATE_EPOCH") + "s"); err == nil {
		return time.Unix(0, 0).UTC().Add(epoch)
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if t, err := time.Parse(time.RFC3339, s.Value); s.Key == "vcs.time" && err == nil {
				return t.UTC()
			}
		}
	}
	return time.Unix(0, 0).UTC()
}

// forMan has the texts of commands be Markdown, as package doc takes them for that.
func forMan(cmd *cobra.Command) {
	cmd.Long = asMarkdown(cmd.Long)
	cmd.Short = escape(cmd.Short)
	cmd.Use = strings.NewReplacer("[", `\[`, "]", `\]`).Replace(cmd.Use)
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) { f.Usage = escape(f.Usage) })
	for _, c := range cmd.Commands() {
		forMan(c)
	}
}

// asMarkdown keeps what is indented as it is, to the end of its paragraph; all else is filled.
func asMarkdown(text string) string {
	paragraphs := strings.Split(strings.ReplaceAll(text, "\t", "    "), "\n\n")
	for i, p := range paragraphs {
		prose, code, isIndented := strings.Cut("\n"+p, "\n  ")
		paragraphs[i] = escape(strings.TrimPrefix(prose, "\n"))
		if isIndented {
			paragraphs[i] += "\n\n```\n  " + code + "\n```"
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

// escape has Markdown take a text literally.
func escape(text string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "<", `\<`, ">", `\>`, "[", `\[`, "]", `\]`, "`", "\\`", "#", `\#`).Replace(text)
}
