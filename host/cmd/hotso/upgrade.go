package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/cmd/hotso/internal/upgrade"
)

// upgradeFlags say how another process takes the place of this one.
type upgradeFlags struct {
	timeout time.Duration
	pidFile string
	hasAddr bool // --addr was given
}

func (f *upgradeFlags) add(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&f.timeout, "upgrade-timeout", upgrade.DefaultTimeout, "how long the new process has until it serves, after SIGUSR2")
	cmd.Flags().StringVar(&f.pidFile, "pid-file", "", "file for the id of the process that serves, which an upgrade changes")
}

// An upgrading is the part of hotso serve that has to do with other processes: one that this one takes the place
// of, one that takes its place, and systemd.
type upgrading struct {
	*upgrade.Process
	own *os.File // systemd's socket for the server; nil: none
}

// begin comes before anything that listens, and returns what systemd has passed for the library.
func (f *upgradeFlags) begin(note func(format string, args ...any)) (*upgrading, []host.Option, error) {
	if f.timeout <= 0 {
		return nil, nil, usagef("--upgrade-timeout %v: it must be more than 0", f.timeout)
	}
	p, err := upgrade.New(upgrade.Config{Timeout: f.timeout, PIDFile: f.pidFile, Note: note})
	if err != nil {
		return nil, nil, err
	}
	files, own, err := p.Activated()
	if err != nil {
		return nil, nil, err
	}
	if own != nil && f.hasAddr {
		return nil, nil, usagef("--addr, and a socket that systemd has passed under the name %s: leave one out", upgrade.Name)
	}
	var options []host.Option
	for name, f := range files {
		options = append(options, host.ProvideFile(name, f))
	}
	return &upgrading{p, own}, options, nil
}

// listen returns the listener for addr, or systemd's.
func (u *upgrading) listen(addr string) (net.Listener, error) { return u.Listen(u.own, addr) }

// The descriptors of a socket go to the next process under these names, followed by its path.
const (
	socketFile = "socket "
	lockFile   = "lock "
)

// adopt gives a socket that is not made yet the descriptors of the process before, if it had some. If they are of
// no use any more, the socket is made as ever.
func (u *upgrading) adopt(socket *server.Socket) {
	if listener, lock := u.Inherited(socketFile+socket.Path()), u.Inherited(lockFile+socket.Path()); listener != nil && lock != nil {
		_ = socket.Adopt(listener, lock, u.Gate)
	}
}

// await says what must serve before the process is ready: the libraries that are there; nothing, if the server waits
// for one to come.
func (u *upgrading) await(names []string, waiting bool) {
	if waiting {
		names = nil
	}
	u.Await(names)
}

// seeing has the process be ready when what is awaited serves.
func (u *upgrading) seeing(next func(server.Event)) func(server.Event) {
	return func(e server.Event) {
		next(e)
		switch e.State {
		case host.Serving:
			u.Served(e.Name)
		case host.Refused, host.Failed:
			u.Failed(e.Name)
		}
	}
}

// run has the process replaced on SIGUSR2. The context ends with ctx, and when that is done; stop is
// for the end of the command.
func (u *upgrading) run(ctx context.Context, live *running, sockets []*server.Socket) (serving context.Context, stop func()) {
	return u.Run(ctx, upgrade.Successor{
		May: live.mayBeTwice,
		Serves: func() (names []string) {
			for _, l := range live.server.Libraries() {
				if l.Serving != "" {
					names = append(names, l.Name)
				}
			}
			return names
		},
		Files: func() (map[string]*os.File, error) {
			files := map[string]*os.File{}
			for _, socket := range sockets {
				listener, lock, err := socket.Files()
				if err != nil {
					for _, f := range files {
						_ = f.Close()
					}
					return nil, err
				}
				if listener != nil {
					files[socketFile+socket.Path()], files[lockFile+socket.Path()] = listener, lock
				}
			}
			return files, nil
		},
		Alive: func() { live.server.Libraries() },
		Retire: func(ctx context.Context) {
			for _, socket := range sockets {
				socket.Passed()
			}
			live.server.Retire(ctx)
		},
	})
}

// mayBeTwice is nil if each library may be live in two processes.
func (l *running) mayBeTwice() error {
	for _, x := range l.server.Libraries() {
		if x.Exclusive || x.Serving != "" && l.now.Load().Of(x.Name).Exclusive {
			return fmt.Errorf("%s v%s is exclusive, and would be live in two processes: restart the server instead; with its port in a socket unit of systemd, clients wait at it meanwhile (hotso help operations)", x.Name, x.Serving)
		}
	}
	return nil
}
