package help_test

import (
	"cmp"
	"context"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/examples/shop/shop"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/help"
	"github.com/hotso/hotso/host/internal/gen"
	"github.com/hotso/hotso/host/internal/libbuild"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/oci"
	"github.com/hotso/hotso/host/oci/cosign"
	"github.com/hotso/hotso/host/watch"
	"github.com/hotso/hotso/testdata/contracts/shapes"
	"github.com/hotso/hotso/testdata/contracts/shapes/served"
)

var update = flag.Bool("update", false, "write the messages into the pages anew")

// unproduced are the pages whose message is left out, and why.
var unproduced = map[string]string{
	"left":        "it takes a library that stays, and then the test's process has it",
	"too-many":    "it takes 320 libraries",
	"frame":       "the words of a library's marshaler",
	"too-large":   "it takes a gigabyte",
	"not-offered": "it takes a library that was generated from an older contract",
}

// A message of an error in a page is one that a test has produced: those of refusals by the test that writes
// host/REFUSALS.md, the others here. go test -run TestMessages -update writes them.
func TestMessages(t *testing.T) {
	if testing.Short() {
		t.Skip("other programs do the work, which need not be done twice")
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("messages name the platform, and need libraries that leave")
	}
	messages := refusals(t)
	for page, produce := range producers {
		t.Run(page, func(t *testing.T) {
			err := produce(t)
			require.Error(t, err)
			require.Equal(t, "errors/"+page, help.Page(err), "%v", err)
			messages[page] = append(messages[page], normal(t, err.Error()))
		})
	}
	if t.Failed() {
		return
	}
	for _, topic := range help.Errors() {
		page := strings.TrimPrefix(topic.Name, "errors/")
		want := strings.Join(messages[page], "\n")
		assert.Equal(t, want == "", unproduced[page] != "", "%s has a message, or a reason for having none", page)
		file := filepath.Join(root(t), "docs", topic.Name+".md")
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		block := regexp.MustCompile("(?s)\n```\n.*?```\n\n")
		if want != "" {
			want = "\n```\n" + want + "\n```\n\n"
		}
		if *update {
			text := block.ReplaceAllLiteralString(string(b), "\n")
			head, rest, _ := strings.Cut(text, "\n\n")
			require.NoError(t, os.WriteFile(file, []byte(head+"\n"+cmp.Or(want, "\n")+rest), 0o666))
			continue
		}
		assert.Equal(t, want, block.FindString(string(b)), "%s, which -update mends", file)
	}
}

// A bare registry has no signatures.
type bare struct{}

func (bare) Resolve(context.Context, string) (ocispec.Descriptor, error) {
	return ocispec.Descriptor{}, oci.ErrNotFound
}
func (bare) Fetch(context.Context, ocispec.Descriptor) ([]byte, error) { return nil, oci.ErrNotFound }
func (bare) Referrers(context.Context, ocispec.Descriptor) ([]ocispec.Descriptor, error) {
	return nil, nil
}

// refusals are the messages in host/REFUSALS.md, by page.
func refusals(t *testing.T) map[string][]string {
	b, err := os.ReadFile(filepath.Join(root(t), "host", "REFUSALS.md"))
	require.NoError(t, err)
	messages := map[string][]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(Err\\w+)` \\| .* \\| `(.*)` \\|$").FindAllStringSubmatch(string(b), -1) {
		for _, r := range help.Reasons {
			if r.Name == "host."+m[1] && !slices.Contains(messages[r.Page], m[2]) {
				messages[r.Page] = append(messages[r.Page], m[2])
			}
		}
	}
	require.NotEmpty(t, messages)
	return messages
}

func root(t *testing.T) string {
	root, err := libtest.Root()
	require.NoError(t, err)
	return root
}

// normal is a message without what is another in each run.
func normal(t *testing.T, text string) string {
	for _, r := range []struct{ from, to string }{
		{regexp.QuoteMeta(root(t)) + "/", ""},
		{`/[\w./-]*/(lib\w+\.v\d+\.so)`, "$1"},
		{regexp.QuoteMeta(os.TempDir()) + `/\S*/\d{3}/`, ""},
		{regexp.QuoteMeta(os.TempDir()) + `/\S*/\d{3}\b`, "DIR"},
		{`\d+( bytes|ms\b)`, "N$1"},
	} {
		text = regexp.MustCompile(r.from).ReplaceAllString(text, r.to)
	}
	return strings.TrimSpace(text)
}

// producers have an error of each page happen.
var producers = map[string]func(t *testing.T) error{
	"unsupported": func(t *testing.T) error { // a library in C, whose environment is not its runtime's
		_, err := host.Open(t.Context(), libtest.Build(t, "tiny", "1"), host.Environ("A=B"))
		return err
	},
	"load": func(t *testing.T) error {
		_, err := host.Open(t.Context(), libtest.Build(t, "initialexec", "1"))
		return err
	},
	"start": func(t *testing.T) error {
		_, err := host.Open(t.Context(), libtest.Build(t, "badstart", "2", libtest.LDFlags("-X main.mode=error")))
		return err
	},
	"unhealthy": func(t *testing.T) error {
		_, err := host.Open(t.Context(), libtest.Build(t, "badstart", "2", libtest.LDFlags("-X main.mode=unhealthy")))
		return err
	},
	"conflict": func(t *testing.T) error {
		file := filepath.Join(t.TempDir(), "data.db")
		require.NoError(t, os.WriteFile(file, nil, 0o666))
		s := slot(t, "holder", libtest.Build(t, "holder", "1"), host.Environ("HOTSO_FILE="+file, "HOTSO_HOW=write"), host.RefuseConflicts())
		return swap(t, s, libtest.Build(t, "holder", "2"))
	},
	"busy": func(t *testing.T) (err error) { // a check that wants to deploy
		var s *host.Slot
		s = slot(t, "greeter", "", host.Check(func(ctx context.Context, _ *host.Library) error {
			_, err = s.Rollback(ctx)
			return nil
		}))
		require.NoError(t, swap(t, s, libtest.Greeter(t, "1")))
		return err
	},
	"closed": func(t *testing.T) error {
		s := host.NewSlot("greeter")
		_, err := s.Close(t.Context())
		require.NoError(t, err)
		return call(t, s, "Greet")
	},
	"empty": func(t *testing.T) error { return call(t, slot(t, "greeter", ""), "Greet") },
	"call": func(t *testing.T) error {
		return call(t, slot(t, "greeter", libtest.Greeter(t, "1")), "GreetName", "")
	},
	"panic": func(t *testing.T) error {
		return call(t, slot(t, "panics", libtest.Build(t, "panics", "1")), "Status")
	},
	"argument": func(t *testing.T) error {
		return call(t, slot(t, "greeter", libtest.Greeter(t, "1")), "Add", 1, 1<<40)
	},
	"hung": func(t *testing.T) error {
		s := slot(t, "slow", libtest.Build(t, "slow", "1"), host.CancelGrace(time.Millisecond))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { _, err := s.Call(ctx, "Sleep", 1000); done <- err }()
		require.Eventually(t, func() bool { return s.Versions()[0].InFlight > 0 }, 10*time.Second, time.Millisecond)
		cancel()
		return <-done
	},
	"too-many-calls": func(t *testing.T) error {
		s := slot(t, "slow", libtest.Build(t, "slow", "1"), host.MaxCalls(1, 0))
		done := make(chan error, 1)
		go func() { _, err := s.Call(context.Background(), "Sleep", 1000); done <- err }()
		require.Eventually(t, func() bool { return s.Versions()[0].InFlight > 0 }, 10*time.Second, time.Millisecond)
		err := call(t, s, "Inside")
		require.NoError(t, <-done)
		return err
	},
	"crashed": func(t *testing.T) error {
		return call(t, slot(t, "greeter", libtest.Greeter(t, "1")), "hotso_drill", "exit")
	},
	"crash-loop": func(t *testing.T) error {
		path := libtest.Greeter(t, "1")
		s := slot(t, "greeter", path, host.CrashLimit(1, time.Minute))
		require.ErrorIs(t, call(t, s, "hotso_drill", "exit"), host.ErrCrashed)
		require.Eventually(t, func() bool { return s.Current() == nil }, 10*time.Second, time.Millisecond)
		return swap(t, s, path)
	},
	"state": func(t *testing.T) error {
		sessions := func(version, fail string) string {
			return libtest.Build(t, "sessions", version, libtest.LDFlags("-X main.format=1 -X main.fail="+fail))
		}
		return swap(t, slot(t, "sessions", sessions("1", "")), sessions("2", "restore"))
	},
	"none-before": func(t *testing.T) error {
		_, err := slot(t, "greeter", libtest.Greeter(t, "1")).Rollback(t.Context())
		return err
	},
	"canary": func(t *testing.T) error {
		s := slot(t, "greeter", libtest.Greeter(t, "1"))
		_, err := s.Canary(t.Context(), libtest.Greeter(t, "2"), host.Share{Percent: 5}, host.Promotion{})
		require.NoError(t, err)
		return swap(t, s, libtest.Greeter(t, "3"))
	},
	"no-canary": func(t *testing.T) error {
		_, err := slot(t, "greeter", libtest.Greeter(t, "1")).Promote(t.Context())
		return err
	},
	"exclusive": func(t *testing.T) error {
		s := slot(t, "greeter", libtest.Greeter(t, "1"), host.Exclusive())
		_, err := s.Canary(t.Context(), libtest.Greeter(t, "2"), host.Share{Percent: 5}, host.Promotion{})
		return err
	},
	"two-states": func(t *testing.T) error {
		s := slot(t, "counter", libtest.Build(t, "counter", "1"))
		_, err := s.Canary(t.Context(), libtest.Build(t, "counter", "2"), host.Share{Percent: 5}, host.Promotion{})
		return err
	},
	"paused": func(t *testing.T) error {
		s := slot(t, "exclusive", libtest.Build(t, "exclusive", "1"), host.TakeoverTimeout(300*time.Millisecond),
			host.StartTimeout(2*time.Second), host.Environ("FAIL2=hang-start", "LOCK="+filepath.Join(t.TempDir(), "lock")))
		two, done := libtest.Build(t, "exclusive", "2"), make(chan error, 1)
		go func() { _, err := s.Swap(context.Background(), two); done <- err }()
		var err error
		require.Eventually(t, func() bool { err = call(t, s, "Increment"); return err != nil }, 20*time.Second, time.Millisecond)
		require.Error(t, <-done)
		return err
	},

	"cosign": func(t *testing.T) error {
		key, err := cosign.ParsePublicKey([]byte(`-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEm9MChdC/DRh6ZG3ooWKBIHg8his3
qbpDRvld0b7MT1ZvfQJvx3dbwce01F4jxqcFk27vq/0niBpWSorofR7Tug==
-----END PUBLIC KEY-----`))
		require.NoError(t, err)
		manifest := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: digest.FromString("manifest")}
		_, err = cosign.TrustKeys(key).Verify(t.Context(), oci.Subject{Repository: "registry.example.com/greeter", Library: "greeter", Version: "2",
			Manifest: manifest, Registry: bare{}})
		return err
	},

	"gone": func(t *testing.T) error {
		c := cart(t, slot(t, "badshop", libtest.Build(t, "badshop", "1")), "Ada")
		require.NoError(t, c.Close())
		_, err := c.Add(t.Context(), "apple", 1)
		return err
	},
	"not-moved": func(t *testing.T) error {
		s := slot(t, "badshop", libtest.Build(t, "badshop", "1"))
		c := cart(t, s, "restore=error@2")
		defer c.Close()
		require.NoError(t, swap(t, s, libtest.Build(t, "badshop", "2")))
		_, err := c.Add(t.Context(), "apple", 1)
		return err
	},
	"no-implementation": func(t *testing.T) error {
		_, err := shop.Bind(contract.InProcess)
		return err
	},
	"cycle": func(t *testing.T) error {
		n := &shapes.Node{}
		n.Next = n
		_, err := inProcess(t).EchoNode(n)
		return err
	},
	"value": func(t *testing.T) error {
		_, err := inProcess(t).Echo(t.Context(), shapes.Everything{Value: make(chan int)})
		return err
	},

	"bad-name": func(t *testing.T) error {
		_, err := watch.List("build", "my.lib")
		return err
	},
	"incomplete": func(t *testing.T) error {
		return seen(t, func(path string) {
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path, b[:len(b)/2], 0o666))
		}, watch.WithPatience(100*time.Millisecond))
	},
	"invalid": func(t *testing.T) error {
		return seen(t, func(path string) { require.NoError(t, os.WriteFile(path, []byte("text"), 0o666)) })
	},

	"unsupported-type": func(t *testing.T) error {
		return generate(t, "//hotso:export\nfunc count(m map[string]int) int32 { return 0 }\n")
	},
	"directive": func(t *testing.T) error { return generate(t, "//hotso:exprot\nfunc answer() int32 { return 42 }\n") },
	"bad-export": func(t *testing.T) error {
		return generate(t, "//hotso:export\nfunc answer() int32 { return 42 }\n\n//hotso:export Answer\nfunc reply() int32 { return 42 }\n")
	},
	"nothing": func(t *testing.T) error { return generate(t, "func answer() int32 { return 42 }\n") },
	"language": func(t *testing.T) error {
		_, err := gen.Clients(t.Context(), filepath.Join(root(t), "libgreeter"), nil, []string{"cobol"})
		return err
	},
	"go-command": func(t *testing.T) error { return build(t, "func answer() int32 { return \"42\" }\n") },
	"wrong-signature": func(t *testing.T) error {
		return build(t, "import \"C\"\n\n//hotso:signature func() string\n//export Answer\nfunc Answer(n int32) int32 { return n }\n")
	},
	"not-generated": func(t *testing.T) error { return build(t, "//hotso:export\nfunc answer() int32 { return 42 }\n") },
	"stale": func(t *testing.T) error {
		dir := module(t, "//hotso:contract example.com/m/greeting\n", "")
		contract := func(method string) {
			require.NoError(t, os.MkdirAll(filepath.Join(dir, "greeting"), 0o777))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "greeting", "greeting.go"),
				[]byte("package greeting\n\n//hotso:contract\ntype Greeter interface {\n\t"+method+"\n}\n"), 0o666))
		}
		contract("Greet(name string) (string, error)")
		for _, d := range []string{"greeting", "."} {
			files, _, err := gen.Generate(t.Context(), filepath.Join(dir, d))
			require.NoError(t, err)
			require.NoError(t, gen.Write(filepath.Join(dir, d), files))
		}
		contract("Greet(name string, times int) (string, error)")
		return buildIn(t, dir)
	},
	"bad-version": func(t *testing.T) error { return buildWith(t, libbuild.Options{Version: "v2"}) },
	"no-compiler": func(t *testing.T) error {
		return buildWith(t, libbuild.Options{Version: "2", Env: []string{"CC=no-such-compiler"}})
	},
	"platform": func(t *testing.T) error {
		return buildWith(t, libbuild.Options{Version: "2", Env: []string{"GOOS=darwin"}})
	},
	"hidden": func(t *testing.T) error {
		return build(t, "// #cgo CFLAGS: -fvisibility=hidden\nimport \"C\"\n\n//export Answer\nfunc Answer() int32 { return 42 }\n")
	},
}

// slot has the version of path, if it is not empty, and is closed at the end of the test.
func slot(t *testing.T, name, path string, options ...host.Option) *host.Slot {
	s := host.NewSlot(name, options...)
	t.Cleanup(func() {
		_, err := s.Close(context.Background())
		assert.NoError(t, err)
	})
	if path != "" {
		require.NoError(t, swap(t, s, path))
	}
	return s
}

func swap(t *testing.T, s *host.Slot, path string) error {
	_, err := s.Swap(t.Context(), path)
	return err
}

func call(t *testing.T, s *host.Slot, function string, args ...any) error {
	_, err := s.Call(t.Context(), function, args...)
	return err
}

func cart(t *testing.T, s *host.Slot, customer string) shop.Cart {
	bound, err := shop.Bind(s)
	require.NoError(t, err)
	c, err := bound.Open(t.Context(), customer)
	require.NoError(t, err)
	return c
}

func inProcess(t *testing.T) shapes.Shapes {
	shapes.Export(func() (shapes.Shapes, error) { return served.Shapes{Version: "1"}, nil })
	s, err := shapes.Bind(contract.InProcess)
	require.NoError(t, err)
	return s
}

// seen is what is said of a file with the name of a version, spoilt before.
func seen(t *testing.T, spoil func(path string), options ...watch.Option) error {
	path := libtest.Greeter(t, "1")
	spoil(path)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for e := range watch.Events(ctx, filepath.Dir(path), "greeter", options...) {
		if e.Err != nil {
			return e.Err
		}
	}
	return ctx.Err()
}

// module is one with a library whose main.go begins and ends with these lines.
func module(t *testing.T, first, last string) string {
	for _, v := range libtest.Offline {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
	dir := libtest.Module(t, "example.com/m")
	main := first + "package main\n\n" + last + "\nfunc main() {}\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(main), 0o666))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "cabi.go"), []byte("package main\n\nimport _ \"github.com/hotso/hotso/cabi\"\n"), 0o666))
	t.Chdir(dir)
	return "."
}

func generate(t *testing.T, text string) error {
	_, _, err := gen.Generate(t.Context(), module(t, "", text))
	return err
}

func build(t *testing.T, text string) error { return buildIn(t, module(t, "", text)) }

func buildIn(t *testing.T, dir string) error {
	_, err := libbuild.Build(t.Context(), libbuild.Options{Dir: dir, Name: "m", Version: "1", Output: t.TempDir(), Contract: gen.Contract})
	return err
}

func buildWith(t *testing.T, o libbuild.Options) error {
	o.Dir, o.Output = filepath.Join(root(t), "libgreeter"), t.TempDir()
	_, err := libbuild.Build(t.Context(), o)
	return err
}

// Each producer is of a page that there is.
func TestProducers(t *testing.T) {
	for page := range maps.Keys(producers) {
		_, ok := help.Text("errors/" + page)
		assert.True(t, ok, page)
	}
	for page := range unproduced {
		_, ok := help.Text("errors/" + page)
		assert.True(t, ok, page)
	}
}
