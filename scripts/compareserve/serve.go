package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/hotso/hotso/libgreeter/greeter"
)

// reply has the form of hotso serve's.
type reply struct {
	Result  string `json:"result"`
	Version string `json:"version"`
}

// serve answers POST /call/GreetName as hotso serve does, and prints where it listens, until stdin ends.
func serve(kind string) error {
	greet := greeter.Greeter{Version: "1"}.Name
	if kind != "net/http" {
		client, remote, err := dial()
		if err != nil {
			return err
		}
		defer client.Kill()
		greet = remote
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /call/GreetName", func(w http.ResponseWriter, r *http.Request) {
		var args []string
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 16<<20)).Decode(&args); err != nil || len(args) != 1 {
			http.Error(w, "one text is wanted", http.StatusBadRequest)
			return
		}
		text, err := greet(args[0])
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(reply{text, "1"})
	})
	go func() { _ = http.Serve(l, mux) }()
	fmt.Printf("{\"listening\":%q}\n", "http://"+l.Addr().String())
	_, err = io.Copy(io.Discard, os.Stdin) // until who started it has gone
	return err
}

var handshake = plugin.HandshakeConfig{MagicCookieKey: "COMPARESERVE", MagicCookieValue: "greeter"}

// greeterPlugin is the greeter behind go-plugin, over gRPC with protobuf's own wrappers.
type greeterPlugin struct{ plugin.NetRPCUnsupportedPlugin }

func (greeterPlugin) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	s.RegisterService(&grpc.ServiceDesc{ServiceName: "Greeter", HandlerType: (*any)(nil), Methods: []grpc.MethodDesc{{
		MethodName: "Name",
		Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			var in wrapperspb.StringValue
			if err := decode(&in); err != nil {
				return nil, err
			}
			text, err := greeter.Greeter{Version: "1"}.Name(in.Value)
			return wrapperspb.String(text), err
		},
	}}}, nil)
	return nil
}

func (greeterPlugin) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return func(name string) (string, error) {
		var out wrapperspb.StringValue
		err := conn.Invoke(context.Background(), "/Greeter/Name", wrapperspb.String(name), &out)
		return out.Value, err
	}, nil
}

var plugins = plugin.PluginSet{"greeter": greeterPlugin{}}

func servePlugin() {
	plugin.Serve(&plugin.ServeConfig{HandshakeConfig: handshake, Plugins: plugins, Logger: hclog.NewNullLogger(), GRPCServer: plugin.DefaultGRPCServer})
}

// dial starts the plugin.
func dial() (*plugin.Client, func(string) (string, error), error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	client := plugin.NewClient(&plugin.ClientConfig{HandshakeConfig: handshake, Plugins: plugins, Cmd: exec.Command(self, "-plugin"),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC}, Logger: hclog.NewNullLogger()})
	protocol, err := client.Client()
	if err != nil {
		client.Kill()
		return nil, nil, err
	}
	raw, err := protocol.Dispense("greeter")
	if err != nil {
		client.Kill()
		return nil, nil, err
	}
	return client, raw.(func(string) (string, error)), nil
}
