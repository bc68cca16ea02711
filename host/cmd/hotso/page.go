package main

import (
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/fatih/color"
)

// page writes a text that may be long: Markdown as it is, but for headings, which are bold on a terminal.
func (t *terminal) page(markdown string) error {
	var b strings.Builder
	code := false
	for line := range strings.Lines(markdown) {
		text, isLine := strings.CutSuffix(line, "\n")
		if strings.HasPrefix(text, "```") {
			code = !code
		}
		if !code && strings.HasPrefix(text, "#") {
			text = paint(t.outColor, color.Bold, text)
		}
		b.WriteString(text)
		if isLine {
			b.WriteByte('\n')
		}
	}
	if t.pager == "" {
		_, err := io.WriteString(t.out, b.String())
		return err
	}
	cmd := exec.Command("sh", "-c", t.pager) // as git and man do: it may have arguments
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(b.String()), t.out, t.err
	cmd.Env = os.Environ()
	if os.Getenv("LESS") == "" {
		cmd.Env = append(cmd.Env, "LESS=FRX") // a short text ends less at once, and bold is bold
	}
	return cmd.Run()
}
