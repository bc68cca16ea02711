// Package libbuild builds a Go package that imports cabi into a sealed
// library: go build -buildmode=c-shared, then the name and version into the
// descriptor, then the manifest after the image, then one atomic rename.
//
//	r, err := libbuild.Build(ctx, libbuild.Options{
//		Dir: "./libgreeter", Version: "2", Output: "build", Stderr: os.Stderr,
//	})
//	// r.Path is build/libgreeter.v2.so
//
// [Scan] reads the signatures of the exported functions from their source, by
// the conventions of include/cabi.h.
package libbuild
