// Command generate writes the Go code of order.proto, in the directory that it is run in: what
// protoc with protoc-gen-go and protoc-gen-go-vtproto would write, without protoc.
package main

import (
	"context"
	"os"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/protoutil"
	_ "github.com/planetscale/vtprotobuf/features/marshal"
	_ "github.com/planetscale/vtprotobuf/features/size"
	_ "github.com/planetscale/vtprotobuf/features/unmarshal"
	"github.com/planetscale/vtprotobuf/generator"
	gengo "google.golang.org/protobuf/cmd/protoc-gen-go/internal_gengo"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/pluginpb"
)

const file = "order.proto"

func main() {
	if err := generate(); err != nil {
		os.Stderr.WriteString("generate: " + err.Error() + "\n")
		os.Exit(1)
	}
}

func generate() error {
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{})}
	files, err := compiler.Compile(context.Background(), file)
	if err != nil {
		return err
	}
	plugin, err := protogen.Options{}.New(&pluginpb.CodeGeneratorRequest{
		FileToGenerate: []string{file},
		Parameter:      proto.String("paths=source_relative"),
		ProtoFile: []*descriptorpb.FileDescriptorProto{
			protodesc.ToFileDescriptorProto(timestamppb.File_google_protobuf_timestamp_proto),
			protoutil.ProtoFromFileDescriptor(files[0]),
		},
	})
	if err != nil {
		return err
	}
	gengo.GenerateFile(plugin, plugin.FilesByPath[file])
	vt, err := generator.NewGenerator(plugin, []string{"marshal", "size", "unmarshal"}, &generator.Config{})
	if err != nil {
		return err
	}
	vt.Generate()
	for _, f := range plugin.Response().File {
		if err := os.WriteFile(f.GetName(), []byte(f.GetContent()), 0o666); err != nil {
			return err
		}
	}
	return nil
}
