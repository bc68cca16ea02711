package page

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRewrite(t *testing.T) {
	const begins = "<!-- make it writes this -->"
	file := filepath.Join(t.TempDir(), "page.md")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o644)) }
	write("# before\n" + begins + "\nold\n" + ends + "\nafter\n")
	for range 2 { // it can be done again
		require.NoError(t, Rewrite(file, "make it", "| new |\n"))
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "# before\n"+begins+"\n| new |\n"+ends+"\nafter\n", string(text))

	for _, bad := range []string{"", begins, ends + begins} {
		write(bad)
		assert.ErrorContains(t, Rewrite(file, "make it", "x"), begins)
	}
}

// The pages that commands write have the place for it.
func TestProjectPages(t *testing.T) {
	for name, command := range map[string]string{"performance.md": "make compare PAGE=1", "corpus.md": "make corpus PAGE=1"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", name))
		require.NoError(t, err)
		_, err = Replaced(text, command, "")
		assert.NoError(t, err, name)
	}
}
