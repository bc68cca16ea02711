package upgrade

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/cloudflare/tableflip"

	"github.com/hotso/hotso/host"
)

// Name is that of the socket, among those that systemd passes (FileDescriptorName=), which is the server's own. All
// others are for the library.
const Name = "hotso"

// Names of what goes from process to process, by kind.
const (
	activatedPrefix = "activated/" // a descriptor that systemd has passed
	ownPrefix       = "own/"       // a descriptor of the program's
)

// sockets are what goes from process to process.
type sockets struct {
	flip     *tableflip.Upgrader // nil: nothing goes
	replaces bool
	open     <-chan struct{}

	once  sync.Once
	files map[string]*os.File // that the process before has passed, by their names with the prefix
	state state               // of the process before
	err   error
}

// inherited returns what the process before has passed.
func (s *sockets) inherited() (map[string]*os.File, error) {
	s.once.Do(func() {
		if !s.replaces {
			return
		}
		files, err := s.flip.Files()
		s.files, s.err = map[string]*os.File{}, err
		for _, f := range files {
			// tableflip names a file by its kind and two parts: fd:NAME:
			name := strings.TrimSuffix(strings.TrimPrefix(f.Name(), "fd:"), ":")
			s.files[name] = f
		}
		if err == nil {
			s.err = s.state.receive(s.files[stateName])
		}
	})
	return s.files, s.err
}

// served are the names of the libraries that the process before serves.
func (s *sockets) served() []string {
	_, _ = s.inherited() // Activated has said what was wrong
	return s.state.Serves
}

// Activated returns the descriptors that systemd has passed for libraries, by their names, as host.Activated does,
// also to the processes after the first one; and the server's own, or nil.
func (p *Process) Activated() (forLibraries map[string]*os.File, own *os.File, err error) {
	all, err := host.Activated()
	if err != nil {
		return nil, nil, err
	}
	inherited, err := p.sockets.inherited()
	if err != nil {
		return nil, nil, fmt.Errorf("what the process before has passed: %w", err)
	}
	forLibraries = map[string]*os.File{}
	for name, f := range all {
		forLibraries[name] = f
	}
	for key, f := range inherited {
		if name, ok := strings.CutPrefix(key, activatedPrefix); ok {
			forLibraries[name] = f
		}
	}
	p.activated = all
	own = forLibraries[Name]
	delete(forLibraries, Name)
	if f := forLibraries[Name+".2"]; own != nil && f != nil {
		return nil, nil, fmt.Errorf("socket activation: several sockets are called %s: give the server one, such as ListenStream=[::]:8080 with BindIPv6Only=both", Name)
	}
	return forLibraries, own, nil
}

// Listen returns a listener for TCP: own, if it is not nil; that of the process before, if it had one for the same
// address; otherwise a new one. It accepts nothing until this process is ready.
func (p *Process) Listen(own *os.File, addr string) (net.Listener, error) {
	l, err := p.listen(own, addr)
	if err != nil {
		return nil, err
	}
	return newGate(l, p.open), nil
}

func (p *Process) listen(own *os.File, addr string) (net.Listener, error) {
	if own == nil && p.flip == nil {
		return net.Listen("tcp", addr)
	}
	if own == nil {
		l, err := p.flip.Listener("tcp", addr)
		if l != nil || err != nil {
			return l, err
		}
		if l, err = net.Listen("tcp", addr); err != nil {
			return nil, err
		}
		return l, p.flip.AddListener("tcp", addr, l.(*net.TCPListener))
	}
	l, err := net.FileListener(own)
	if err != nil {
		return nil, fmt.Errorf("socket activation: %s: %w; it must be a TCP socket that listens (ListenStream=)", Name, err)
	}
	if _, ok := l.(*net.TCPListener); !ok {
		return nil, errors.Join(fmt.Errorf("socket activation: %s: it is %s %s; it must be a TCP socket (ListenStream=PORT or ADDRESS:PORT)", Name, l.Addr().Network(), l.Addr()), l.Close())
	}
	return l, nil
}

// Inherited returns a descriptor of the program's that the process before has passed by Successor.Files, or nil.
func (p *Process) Inherited(name string) *os.File {
	files, _ := p.sockets.inherited() // Activated has said what was wrong
	if !slices.Contains(p.sockets.state.Own, name) {
		return nil // of the process before that one
	}
	return files[ownPrefix+name]
}

// Gate has a listener accept nothing until this process is ready.
func (p *Process) Gate(l net.Listener) net.Listener { return newGate(l, p.open) }

// A gate is a listener whose connections wait until it opens.
type gate struct {
	net.Listener
	open   <-chan struct{}
	closed chan struct{}
	once   sync.Once
}

func newGate(l net.Listener, open <-chan struct{}) *gate {
	return &gate{Listener: l, open: open, closed: make(chan struct{})}
}

func (g *gate) Accept() (net.Conn, error) {
	select {
	case <-g.open:
		return g.Listener.Accept()
	case <-g.closed:
		return nil, net.ErrClosed
	}
}

func (g *gate) Close() error {
	g.once.Do(func() { close(g.closed) })
	return g.Listener.Close()
}
