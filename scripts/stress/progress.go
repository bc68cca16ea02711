package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
)

// every is how often a line of progress is printed where it can't be overwritten.
const every = time.Minute

// A progress shows what the test of one mode says: its own lines are progress, of which
// the last one stays, and all others are passed on.
type progress struct {
	out      io.Writer
	terminal bool
	mode     string
	seed     uint64 // of the round that has begun last
}

func (p *progress) follow(r io.Reader) error {
	shown, last := time.Now(), ""
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		line = strings.TrimSuffix(line, "\n")
		text, own := strings.CutPrefix(line, "model: ")
		_, _ = fmt.Sscanf(text, "seed %d,", &p.seed)
		switch {
		case own:
			last = fmt.Sprintf("%-12s %s", p.mode, text)
			if p.terminal {
				fmt.Fprint(p.out, "\r\x1b[K"+last)
			} else if time.Since(shown) >= every {
				fmt.Fprintln(p.out, last)
				shown, last = time.Now(), ""
			}
		case line != "" && line != "PASS":
			if p.terminal && last != "" {
				fmt.Fprintln(p.out)
				last = ""
			}
			fmt.Fprintln(p.out, line)
		}
		if err == nil {
			continue
		}
		if last != "" && p.terminal {
			fmt.Fprintln(p.out)
		} else if last != "" {
			fmt.Fprintln(p.out, last)
		}
		if err == io.EOF {
			return nil
		}
		return err
	}
}
