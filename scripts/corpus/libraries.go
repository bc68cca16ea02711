//go:build linux

package main

import ft "github.com/hotso/hotso/scripts/internal/fieldtest"

// libraries are the tags of testdata/corpus.
var libraries = []ft.Library{
	// Databases and caches
	row("bbolt", "go.etcd.io/bbolt: a database, a read transaction"),
	row("badger", "dgraph-io/badger: a database on disk, compactions"),
	row("pebble", "cockroachdb/pebble: a database, an iterator"),
	row("goleveldb", "syndtr/goleveldb: a database"),
	row("modernc", "modernc.org/sqlite: a database in WAL mode, 3 queries under way"),
	row("mattn", "mattn/go-sqlite3: the same, in C"),
	row("gorm", "gorm with glebarez/sqlite: a connection"),
	row("bleve", "blevesearch/bleve: an index"),
	row("ristretto", "dgraph-io/ristretto: a cache"),
	row("fastcache", "VictoriaMetrics/fastcache: a cache in mapped memory"),

	// Memory and system calls
	row("mmapgo", "edsrzf/mmap-go: a file, mapped and locked into memory"),
	row("xmmap", "x/exp/mmap: a file, mapped"),
	row("mmap", "syscall.Mmap, unix.Mmap, MmapPtr, MremapPtr, Mlock"),
	row("iouring", "io_uring: a ring, a read under way, a thread of the kernel's"),
	row("descriptors", "17 kinds of descriptors; locks by flock, fcntl and OFD"),
	row("splice", "io.Copy from TCP to TCP: a connection under way, others closed"),
	row("netlink", "vishvananda/netlink: a subscription"),
	row("fsnotify", "fsnotify: a directory watched"),
	row("pty", "creack/pty: a child on a terminal"),
	row("exec", "os/exec: a child, its pipes"),
	row("gopsutil", "shirou/gopsutil"),

	// The Go runtime
	row("profile", "runtime/pprof: a CPU profile that runs"),
	{Name: "profile-stopped", Tags: "profile", LDFlags: "-X main.variant=stopped", What: "the same, stopped"},
	row("trace", "runtime/trace; profiles of blocking and mutexes"),
	row("locked", "runtime.LockOSThread: 4 threads, some with a priority of their own"),
	row("allthreads", "syscall.AllThreadsSyscall, Setgid"),
	row("resolver", "look-ups by libc's resolver"),
	row("tzdata", "time/tzdata"),

	// Interpreters and compilers
	row("sonic", "bytedance/sonic: code compiled at run time"),
	row("wazero", "tetratelabs/wazero: a module, compiled"),
	row("goja", "dop251/goja: JavaScript"),
	row("yaegi", "traefik/yaegi: Go, a goroutine of the script's"),
	row("cel", "google/cel-go: an expression, checked"),
	row("lua", "yuin/gopher-lua"),
	row("starlark", "go.starlark.net"),
	row("expr", "expr-lang/expr"),
	row("purego", "ebitengine/purego: libc opened, a callback"),

	// Networks
	row("nethttp", "net/http: servers of HTTP/1 and HTTP/2, idle connections"),
	row("grpc", "grpc-go: a server, a stream under way"),
	row("quic", "quic-go: a server, a connection"),
	row("nats", "nats-server with JetStream on disk, a client"),
	row("gin", "gin-gonic/gin: a server"),
	row("echo", "labstack/echo: a server"),
	row("fiber", "gofiber/fiber: a server"),
	row("fasthttp", "valyala/fasthttp: a server"),
	row("gnet", "panjf2000/gnet: event loops with epoll sets of their own"),
	row("websocket", "gorilla/websocket: a server, a connection"),
	row("webrtc", "pion/webrtc: two peers, a data channel"),
	row("redis", "go-redis and miniredis: a subscription"),
	row("pgx", "jackc/pgx: a pool without a server"),
	row("franz", "twmb/franz-go: a cluster, a consumer"),
	row("kafkago", "segmentio/kafka-go without a broker"),
	row("etcd", "etcd's client without a server: a watch"),
	row("minio", "minio-go: uploads"),
	row("raft", "hashicorp/raft: a cluster of one"),
	row("memberlist", "hashicorp/memberlist: two members"),

	// Services around a program
	row("otel", "opentelemetry-go: a batcher"),
	row("prometheus", "prometheus/client_golang: a server"),
	row("zap", "uber-go/zap with lumberjack: a log file"),
	row("viper", "spf13/viper: settings that are watched"),
	row("ants", "panjf2000/ants: a pool of goroutines"),
	row("cron", "robfig/cron: a job each second"),
	row("zstd", "klauspost/compress/zstd: a stream"),
}

func row(tag, what string) ft.Library { return ft.Library{Name: tag, Tags: tag, What: what} }
