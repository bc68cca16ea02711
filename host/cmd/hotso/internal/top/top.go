package top

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// Run shows a server in the terminal of in and out until its user quits, or ctx ends. The terminal
// is then as it was. If there is no server at the beginning, it is an error; later, it is tried again.
func Run(ctx context.Context, s *Server, in, out *os.File, colors bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer s.HTTP.CloseIdleConnections()
	f := newFeed(s)
	first, err := f.look(ctx)
	if err != nil {
		cancel()
		return err
	}
	options := []tea.ProgramOption{tea.WithInput(in), tea.WithOutput(out), tea.WithContext(ctx)}
	if !colors {
		options = append(options, tea.WithColorProfile(colorprofile.Ascii))
	}
	p := tea.NewProgram(newModel(ctx, s, first), options...)
	var feeding sync.WaitGroup
	feeding.Go(func() { f.run(ctx, p.Send) })
	_, err = p.Run()
	cancel()
	feeding.Wait()
	if errors.Is(err, tea.ErrInterrupted) { // by a signal, which is another way to quit
		return nil
	}
	return err
}

// Look takes one snapshot of a server. If that keeps no history, it takes a second.
func Look(ctx context.Context, s *Server) (Snapshot, error) {
	defer s.HTTP.CloseIdleConnections()
	f := newFeed(s)
	snapshot, err := f.look(ctx)
	if err != nil || !f.noHistory {
		return snapshot, err
	}
	select {
	case <-ctx.Done():
		return snapshot, ctx.Err()
	case <-time.After(every):
	}
	return f.look(ctx)
}

// Write writes a snapshot as a table.
func Write(w io.Writer, s Snapshot, colors bool) error {
	var rows []row
	for i := range s.Libraries {
		l := &s.Libraries[i]
		for j := range l.Versions {
			rows = append(rows, row{l, &l.Versions[j]})
		}
	}
	t := newTable(rows, s.Time, 0, len(s.Libraries) > 1)
	profile := colorprofile.NoTTY
	if colors {
		profile = colorprofile.ANSI
	}
	to := &colorprofile.Writer{Forward: w, Profile: profile}
	if _, err := io.WriteString(to, faint.Render(t.head())+"\n"); err != nil {
		return err
	}
	for _, r := range rows {
		if _, err := io.WriteString(to, trimRight(t.line(r, s.Time, false))+"\n"); err != nil {
			return err
		}
	}
	return nil
}
