//go:build linux

package main

import (
	"strings"

	ft "github.com/hotso/hotso/scripts/internal/fieldtest"
)

var libraries = []ft.Library{
	{Name: "kafka", Dir: "kafka", What: "confluent-kafka-go: threads of librdkafka, sockets, a cluster"},
	{Name: "kafka-closed", Dir: "kafka", What: "the same, closed in OnStop", LDFlags: "-X main.end=stop"},
	{Name: "duckdb", Dir: "duckdb", What: "duckdb-go: C++, 4 threads, a query under way"},
	{Name: "sqlite", Dir: "sqlite", What: "go-sqlite3: 5 connections, 4 with rows open"},
	{Name: "zstd", Dir: "zstd", What: "DataDog/zstd: 2 streams with 3 workers each"},
	{Name: "openblas", Dir: "openblas", What: "gonum netlib: threads inside libopenblas.so.0, at work",
		Needs: []string{"cblas.h", "libopenblas.so"}, Install: "libopenblas-dev"},
	{Name: "openblas-static", Dir: "openblas", What: "the same, with libopenblas.a", Tags: "static",
		Needs: []string{"cblas.h", "libopenblas.a", "libgfortran.a"}, Install: "libopenblas-dev libgfortran-12-dev"},
	{Name: "openssl", Dir: "openssl", What: "libssl.so.3: 2 threads that shake hands",
		Needs: []string{"openssl/ssl.h", "libssl.so"}, Install: "libssl-dev"},
	{Name: "openssl-static", Dir: "openssl", What: "the same, with libssl.a", Tags: "static",
		Needs: []string{"openssl/ssl.h", "libssl.a"}, Install: "libssl-dev"},
	{Name: "curl", Dir: "curl", What: "libcurl.so.4: multi handle, 8 transfers, resolver threads",
		Needs: []string{"curl/curl.h", "libcurl.so"}, Install: "libcurl4-openssl-dev"},
	{Name: "cpp20", Dir: "cpp20", What: "C++20: `std::jthread`, `std::async`, a pool of coroutines, 7 threads"},
	{Name: "tbb", Dir: "tbb", What: "C++17's parallel algorithms: threads inside libtbb.so.12",
		Needs: []string{"tbb/tbb.h", "libtbb.so"}, Install: "libtbb-dev"},
	{Name: "openmp", Dir: "openmp", What: "OpenMP: nested teams, at work"},
	{Name: "rust", Dir: "rust", What: "a static library of Rust's: 4 threads",
		Prepare: strings.Fields("rustc --edition 2021 --crate-type staticlib -C opt-level=2 -C panic=abort -o libwork.a work.rs")},
	{Name: "sigsegv", Dir: "sigsegv", What: "handlers of 8 signals, as a JVM's; a thread"},
}
