package upgrade

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// A notifier tells systemd, or whoever else has set NOTIFY_SOCKET, how the service is (sd_notify(3)). If nobody has,
// it tells nobody. Trouble with that is no trouble of the service's, and whoever waits in vain says so.
type notifier struct {
	replaces bool
	watching sync.WaitGroup
}

func tell(state string) { _, _ = daemon.SdNotify(false, state) }

// ready says that this process is the service's main one, and serves. A process that was started by another has to
// say so, and needs NotifyAccess=all for it.
func (n *notifier) ready() {
	if n.replaces {
		tell(fmt.Sprintf("MAINPID=%d\n%s", os.Getpid(), daemon.SdNotifyReady))
		return
	}
	tell(daemon.SdNotifyReady)
}

func (n *notifier) reloading() {
	tell(daemon.SdNotifyReloading + "\n" + daemon.SdNotifyMonotonicUsec())
}

func (n *notifier) readyAgain() { tell(daemon.SdNotifyReady) }
func (n *notifier) stopping()   { tell(daemon.SdNotifyStopping) }

// watch keeps the watchdog (WatchdogSec=) quiet until ctx ends, as long as alive returns.
func (n *notifier) watch(ctx context.Context, alive func()) {
	if n.replaces && os.Getenv("WATCHDOG_PID") != "" {
		_ = os.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid())) // it names the process before
	}
	interval, err := daemon.SdWatchdogEnabled(false)
	if err != nil || interval == 0 {
		return
	}
	n.watching.Go(func() {
		tick := time.NewTicker(interval / 2)
		defer tick.Stop()
		for {
			alive()
			tell(daemon.SdNotifyWatchdog)
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
}

func (n *notifier) wait() { n.watching.Wait() }
