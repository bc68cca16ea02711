package help

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/docs"
)

// errorsDir is where the pages of reasons are, and how their names begin.
const errorsDir = "errors/"

// A Topic is a page, and what it says in a line.
type Topic struct{ Name, About string }

// row is one of the table in docs/README.md, which has the guides.
var row = regexp.MustCompile(`(?m)^\| \[([a-z-]+)\.md\]\([a-z-]+\.md\) \| (.*) \|$`)

// Guides are the guides, in the order of docs/README.md.
func Guides() (topics []Topic) {
	for _, m := range row.FindAllStringSubmatch(read("README"), -1) {
		topics = append(topics, Topic{m[1], strings.ReplaceAll(m[2], "`", "")})
	}
	return topics
}

// Errors are the pages of reasons, in the order of their names. What they say is their error's text.
func Errors() (topics []Topic) {
	for _, r := range Reasons {
		name := errorsDir + r.Page
		title, _, _ := strings.Cut(read(name), "\n")
		_, text, _ := strings.Cut(title, ": ")
		topics = append(topics, Topic{name, text})
	}
	slices.SortFunc(topics, func(a, b Topic) int { return strings.Compare(a.Name, b.Name) })
	return slices.Compact(topics)
}

// Text is the Markdown of a guide, or of the page of a reason, which may also be asked for by its name in Go,
// ErrSeal or host.ErrSeal.
func Text(name string) (text string, ok bool) {
	for _, r := range Reasons {
		_, short, _ := strings.Cut(r.Name, ".")
		if asked := strings.TrimPrefix(name, errorsDir); asked == r.Name || asked == short {
			return read(errorsDir + r.Page), true
		}
	}
	if !slices.ContainsFunc(slices.Concat(Guides(), Errors()), func(t Topic) bool { return t.Name == name }) {
		return "", false
	}
	return read(name), true
}

// read is a page that is there.
func read(name string) string {
	b, err := docs.Files.ReadFile(path.Clean(name) + ".md")
	if err != nil {
		return "" // a test looks for all
	}
	return string(b)
}

// Similar are those of the known names that may have been meant, by the rules of package cobra.
func Similar(name string, known []string) []string {
	c := &cobra.Command{SuggestionsMinimumDistance: 2}
	for _, k := range known {
		c.AddCommand(&cobra.Command{Use: k, Run: func(*cobra.Command, []string) {}})
	}
	return c.SuggestionsFor(name)
}
