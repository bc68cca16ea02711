package main

import (
	"errors"
	"slices"
)

// A Greeter is the library, however a contender reaches it.
type Greeter interface {
	Add(a, b int32) (int32, error)
	// Greet returns a string that is the caller's own; whatever else the call
	// allocated is freed when it returns.
	Greet(name string) (string, error)
	// Close gives back everything that Open took, as far as the contender can.
	Close() error
}

// An Echo returns a copy of data that is the caller's own.
type Echo func(data []byte) ([]byte, error)

// A Contender is one way to call code that was not linked in, or to carry a value there.
type Contender struct {
	Name  string
	Open  func(f Files) (Greeter, error) // nil if it does the job order only; Echo, too
	Echo  func(f Files) (Echo, error)
	Order func(f Files) (Pricer, error) // nil if it does not do that job

	Cgo   bool // needs a program built with CGO_ENABLED=1
	Needs []artefact
	// Process: the code runs in a process of its own, so what it leaks is not
	// in the host.
	Process bool
	// Static: there is nothing to load.
	Static bool
}

// Files are what was built for the contenders, as paths.
type Files struct {
	Greeter, Echo string   // hotso libraries, sealed
	Shop          string   // another one
	Copies        []string // of Greeter: dlopen loads a path only once
	Plugins       []string // the greeter for package plugin, each with a plugin path of its own
	Wasm          string   // the greeter for wasip1
	Source        string   // the greeter's source, in plain Go
	Server        string   // a program that serves the greeter: this one
	Use           int      // which of Copies and Plugins to load
}

// contenders are in the table's order.
var contenders = []Contender{
	{Name: direct, Open: openDirect, Echo: echoDirect, Static: true},
	{Name: hotsoName, Open: openHotso, Echo: echoHotso, Needs: needLibs},
	{Name: "hotso, context can end", Open: openBounded, Echo: echoBounded, Needs: needLibs},
	{Name: "hotso, the same, Stay", Open: openStaying, Echo: echoStaying, Needs: needLibs},
	{Name: "purego RegisterFunc", Open: openRegisterFunc, Echo: echoRegisterFunc, Needs: needLibs},
	{Name: "purego SyscallN", Open: openSyscallN, Echo: echoSyscallN, Needs: needLibs},
	{Name: "cgo + dlopen, C strings", Open: openCgoStrings, Echo: echoCgo, Cgo: true, Needs: needLibs},
	{Name: "cgo + dlopen, Go buffer", Open: openCgoBuffer, Echo: echoCgo, Cgo: true, Needs: needLibs},
	{Name: goPluginName, Open: openPlugin, Echo: echoPlugin, Cgo: true, Needs: []artefact{plugins}},
	{Name: "go-plugin, net/rpc", Open: openNetRPC, Echo: echoNetRPC, Order: orderNetRPC, Process: true},
	{Name: "go-plugin, gRPC", Open: openGRPC, Echo: echoGRPC, Order: orderGRPC, Process: true},
	{Name: "wazero", Open: openWazero, Echo: echoWazero, Needs: []artefact{wasm}},
	{Name: "yaegi", Open: openYaegi, Echo: echoYaegi},
	{Name: "unix socket, JSON", Open: openSocket, Echo: echoSocket, Process: true},
	{Name: "in process, deep copies", Order: orderCopied, Static: true},
	{Name: "in process, deep copies but of strings", Order: orderSharing, Static: true},
	{Name: contractName, Order: orderContract, Needs: needShop},
	{Name: "hotso, vtproto in bytes", Order: orderProto, Needs: needShop},
	{Name: "hotso, vtproto in bytes, converted", Order: orderConverted, Needs: needShop},
	{Name: "hotso, JSON in bytes", Order: orderJSON, Needs: needShop},
}

const (
	direct       = "direct interface call"
	hotsoName    = "hotso, typed call"
	contractName = "hotso, contract"
	goPluginName = "Go plugin"
)

var (
	needLibs = []artefact{libraries}
	needShop = []artefact{shopLibrary}
)

// jobs are those that are done in each round.
func (c Contender) jobs() (jobs []string) {
	if c.Open != nil {
		jobs = append(jobs, Add, Greet, Bytes, Scaling)
		if !c.Static {
			jobs = append(jobs, Load)
		}
	}
	if c.Order != nil {
		jobs = append(jobs, Order)
	}
	return jobs
}

// errCgo is what the contenders that need cgo answer in a program without it.
var errCgo = errors.New("this program was built with CGO_ENABLED=0")

// needs lists what must be built for c, its program included.
func (c Contender) needs() []artefact {
	if c.Cgo {
		return append([]artefact{plainCgo}, c.Needs...)
	}
	return append([]artefact{plain0}, c.Needs...)
}

func find(name string) (Contender, bool) {
	i := slices.IndexFunc(contenders, func(c Contender) bool { return c.Name == name })
	if i < 0 {
		return Contender{}, false
	}
	return contenders[i], true
}
