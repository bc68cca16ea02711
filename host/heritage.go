package host

import (
	"maps"
	"syscall"

	"github.com/hotso/hotso/cabi/abi/wire"
	"github.com/hotso/hotso/host/internal/invoke"
)

// ProvideFile offers libraries a descriptor of the host's under a name: a listener, a connection or a file,
// as *net.TCPListener or *os.File. A library takes a duplicate by cabi.Inherited, unless the version before
// has handed over another of that name (cabi.HandOver). It stays the host's, which keeps it open for as
// long as libraries may want it, and closes it.
//
//	l, err := net.Listen("tcp", ":443")
//	...
//	slot := host.NewSlot("shop", host.ProvideFile("https", l.(*net.TCPListener)))
func ProvideFile(name string, c syscall.Conn) Option {
	return func(conf *config) {
		conf.Descriptors = maps.Clone(conf.Descriptors)
		if conf.Descriptors == nil {
			conf.Descriptors = map[string]syscall.Conn{}
		}
		conf.Descriptors[name] = c
	}
}

// heritable lets libraries hand descriptors over, and inherit them.
func heritable(c *config) {
	for _, o := range []Option{
		provide(invoke.Import2(wire.HandOverFunction, func(t *invoke.Target, name string, fd int64) (None, error) {
			return None{}, libraryOf(t).v.HandOver(name, fd)
		})),
		provide(invoke.Import1(wire.WithdrawFunction, func(t *invoke.Target, name string) (None, error) {
			libraryOf(t).v.Withdraw(name)
			return None{}, nil
		})),
		provide(invoke.Import1(wire.InheritFunction, func(t *invoke.Target, name string) (int64, error) {
			return libraryOf(t).v.Inherit(name)
		})),
		provide(invoke.Import1(wire.TakenFunction, func(t *invoke.Target, fd int64) (None, error) {
			libraryOf(t).v.Taken(fd)
			return None{}, nil
		})),
	} {
		o(c)
	}
}
