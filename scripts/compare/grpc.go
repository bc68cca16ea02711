package main

import (
	"bytes"
	"context"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/hotso/hotso/scripts/compare/codec/pb"
)

// grpcPlugin is the plugin over gRPC. The messages are protobuf's own wrappers
// (the two addends share an int64), and for orders what protoc-gen-go writes.
type grpcPlugin struct{ plugin.NetRPCUnsupportedPlugin }

func (grpcPlugin) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	s.RegisterService(&grpc.ServiceDesc{
		ServiceName: "Greeter",
		HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{
			unary("Add", func(in *wrapperspb.Int64Value) (*wrapperspb.Int32Value, error) {
				sum, err := local.Add(int32(in.Value>>32), int32(in.Value))
				return wrapperspb.Int32(sum), err
			}),
			unary("Greet", func(in *wrapperspb.StringValue) (*wrapperspb.StringValue, error) {
				greeting, err := local.Greet(in.Value)
				return wrapperspb.String(greeting), err
			}),
			unary("Echo", func(in *wrapperspb.BytesValue) (*wrapperspb.BytesValue, error) {
				return wrapperspb.Bytes(bytes.Clone(in.Value)), nil
			}),
			unary("Price", func(in *pb.Order) (*pb.Order, error) { return in, in.Price() }),
		},
	}, nil)
	return nil
}

// unary describes one method, as protoc-gen-go-grpc would.
func unary[In, Out any](name string, f func(*In) (*Out, error)) grpc.MethodDesc {
	return grpc.MethodDesc{
		MethodName: name,
		Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			in := new(In)
			if err := decode(in); err != nil {
				return nil, err
			}
			return f(in)
		},
	}
}

func (grpcPlugin) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return grpcClient{conn}, nil
}

type grpcClient struct{ conn *grpc.ClientConn }

func (c grpcClient) Add(a, b int32) (int32, error) {
	var out wrapperspb.Int32Value
	err := c.conn.Invoke(ctx, "/Greeter/Add", wrapperspb.Int64(int64(a)<<32|int64(uint32(b))), &out)
	return out.Value, err
}

func (c grpcClient) Greet(name string) (string, error) {
	var out wrapperspb.StringValue
	err := c.conn.Invoke(ctx, "/Greeter/Greet", wrapperspb.String(name), &out)
	return out.Value, err
}

func (c grpcClient) Echo(data []byte) ([]byte, error) {
	var out wrapperspb.BytesValue
	err := c.conn.Invoke(ctx, "/Greeter/Echo", wrapperspb.Bytes(data), &out)
	return out.Value, err
}

func (c grpcClient) Price(ctx context.Context, order *pb.Order) (*pb.Order, error) {
	var out pb.Order
	err := c.conn.Invoke(ctx, "/Greeter/Price", order, &out)
	return &out, err
}
