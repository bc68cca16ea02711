// Package docs has hotso's documentation, which hotso help prints. It has no other use.
package docs

import "embed"

// Files has the guides, NAME.md, and a page for each reason of an error, errors/NAME.md.
//
//go:embed *.md errors/*.md
var Files embed.FS
