package main

import (
	"context"
	"errors"
	"net/rpc"
	"os/exec"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"

	"github.com/hotso/hotso/scripts/compare/shop"
)

// hashicorp/go-plugin starts a process and speaks with it on a unix socket.
// Its protocols: net/rpc below, gRPC in grpc.go.
var handshake = plugin.HandshakeConfig{MagicCookieKey: "COMPARE", MagicCookieValue: "greeter"}

var pluginSets = map[string]plugin.PluginSet{
	"netrpc": {"greeter": netRPC{}},
	"grpc":   {"greeter": grpcPlugin{}},
}

// A remote is the greeter of the other process, through either protocol.
type remote interface {
	Add(a, b int32) (int32, error)
	Greet(name string) (string, error)
	Echo(data []byte) ([]byte, error)
}

type goPlugin struct {
	remote
	client *plugin.Client
}

func newGoPlugin(f Files, protocol string) (*goPlugin, error) {
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  handshake,
		Plugins:          pluginSets[protocol],
		Cmd:              exec.Command(f.Server, "--serve", protocol),
		AllowedProtocols: []plugin.Protocol{plugin.Protocol(protocol)},
		Logger:           hclog.NewNullLogger(),
		Managed:          true, // endPlugins ends it
	})
	protocolClient, err := client.Client()
	if err != nil {
		client.Kill()
		return nil, err
	}
	raw, err := protocolClient.Dispense("greeter")
	if err != nil {
		client.Kill()
		return nil, err
	}
	return &goPlugin{raw.(remote), client}, nil
}

func (g *goPlugin) Close() error {
	g.client.Kill()
	if !g.client.Exited() {
		return errors.New("the plugin still runs")
	}
	return nil
}

// endPlugins ends the processes of all go-plugins, including those of echoes.
func endPlugins() { plugin.CleanupClients() }

// servePlugin serves until the host has gone.
func servePlugin(protocol string) {
	config := &plugin.ServeConfig{
		HandshakeConfig: handshake,
		Plugins:         pluginSets[protocol],
		Logger:          hclog.NewNullLogger(),
	}
	if protocol == "grpc" {
		config.GRPCServer = plugin.DefaultGRPCServer
	}
	plugin.Serve(config)
}

func openNetRPC(f Files) (Greeter, error) { return newGoPlugin(f, "netrpc") }
func openGRPC(f Files) (Greeter, error)   { return newGoPlugin(f, "grpc") }
func echoNetRPC(f Files) (Echo, error)    { return echoPlugins(f, "netrpc") }
func echoGRPC(f Files) (Echo, error)      { return echoPlugins(f, "grpc") }

func echoPlugins(f Files, protocol string) (Echo, error) {
	g, err := newGoPlugin(f, protocol)
	if err != nil {
		return nil, err
	}
	return g.Echo, nil
}

// netRPC is the plugin over net/rpc.
type netRPC struct{}

func (netRPC) Server(*plugin.MuxBroker) (any, error) { return rpcServer{}, nil }
func (netRPC) Client(_ *plugin.MuxBroker, c *rpc.Client) (any, error) {
	return rpcClient{c}, nil
}

type rpcServer struct{}

func (rpcServer) Add(args [2]int32, sum *int32) (err error) {
	*sum, err = local.Add(args[0], args[1])
	return err
}

func (rpcServer) Greet(name string, greeting *string) (err error) {
	*greeting, err = local.Greet(name)
	return err
}

func (rpcServer) Echo(data []byte, out *[]byte) error {
	*out = data
	return nil
}

func (rpcServer) Price(o shop.Order, priced *shop.Order) (err error) {
	*priced, err = shop.Local{}.Price(ctx, o)
	return err
}

type rpcClient struct{ *rpc.Client }

func (c rpcClient) Add(a, b int32) (sum int32, err error) {
	err = c.Call("Plugin.Add", [2]int32{a, b}, &sum)
	return sum, err
}

func (c rpcClient) Greet(name string) (greeting string, err error) {
	err = c.Call("Plugin.Greet", name, &greeting)
	return greeting, err
}

func (c rpcClient) Echo(data []byte) (out []byte, err error) {
	err = c.Call("Plugin.Echo", data, &out)
	return out, err
}

func (c rpcClient) Price(_ context.Context, o shop.Order) (priced shop.Order, err error) {
	err = c.Call("Plugin.Price", o, &priced)
	return priced, err
}
