package main

import (
	"context"
	"os"
	"os/exec"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/hotso/hotso/libgreeter/greeter"
)

var (
	handshake = plugin.HandshakeConfig{MagicCookieKey: "COMPARE", MagicCookieValue: "serve"}
	plugins   = plugin.PluginSet{"greeter": greeterPlugin{}}
)

// greeterPlugin is the greeter over gRPC, with protobuf's own messages.
type greeterPlugin struct{ plugin.NetRPCUnsupportedPlugin }

func (greeterPlugin) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	g := greeter.Greeter{Version: "1"}
	s.RegisterService(&grpc.ServiceDesc{ServiceName: "Greeter", HandlerType: (*any)(nil), Methods: []grpc.MethodDesc{{
		MethodName: "GreetName",
		Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			var name wrapperspb.StringValue
			if err := decode(&name); err != nil {
				return nil, err
			}
			greeting, err := g.Name(name.Value)
			return wrapperspb.String(greeting), err
		},
	}}}, nil)
	return nil
}

func (greeterPlugin) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return conn, nil
}

// servePlugin is the plugin's process.
func servePlugin() error {
	plugin.Serve(&plugin.ServeConfig{HandshakeConfig: handshake, Plugins: plugins, Logger: hclog.NewNullLogger(), GRPCServer: plugin.DefaultGRPCServer})
	return nil
}

// serveGRPC asks it for each request.
func serveGRPC() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	client := plugin.NewClient(&plugin.ClientConfig{HandshakeConfig: handshake, Plugins: plugins, Cmd: exec.Command(self, "plugin"),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC}, Logger: hclog.NewNullLogger(), AutoMTLS: false})
	defer client.Kill()
	protocol, err := client.Client()
	if err != nil {
		return err
	}
	raw, err := protocol.Dispense("greeter")
	if err != nil {
		return err
	}
	conn := raw.(*grpc.ClientConn)
	return serve(func(name string) (string, error) {
		var greeting wrapperspb.StringValue
		err := conn.Invoke(context.Background(), "/Greeter/GreetName", wrapperspb.String(name), &greeting)
		return greeting.Value, err
	})
}
