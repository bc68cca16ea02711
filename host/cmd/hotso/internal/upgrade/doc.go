// Package upgrade has another process take the place of this one, with its sockets, so that a program is
// replaced while it serves; and tells systemd which of them is the service, and whether it is ready and alive.
//
// A process begins by New, which finds out whether it was started to take the place of another. It takes its sockets
// from Listen, Activated and Inherited, which give it those of the process before, or, to the first one, what
// systemd has passed. It says by Await and Served when it is ready: until then it accepts nothing, and the process
// before serves. Run has it replaced on SIGUSR2.
//
// The passing of descriptors, and who waits for whom, is tableflip's; sd_notify(3) is go-systemd's.
package upgrade
