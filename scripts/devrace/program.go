package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"text/template"
)

// The program that all tools rebuild is a web service: a page by html/template, gRPC beside it, and
// packages of its own in layers, each of which calls two of the layer below. What is edited is in the middle,
// so that the packages above it are compiled again as well.
const (
	packages = 30
	perLayer = 5
	edited   = 12 // in the third of six layers
)

// programModule is the module of the program. Its dependencies are those of this one.
const programModule = "example.com/race"

// writeProgram writes the program to dir. root is the directory of hotso's module, and pinned that of this one.
func writeProgram(dir, root, pinned string) error {
	mod, err := os.ReadFile(filepath.Join(pinned, "go.mod"))
	if err != nil {
		return err
	}
	sum, err := os.ReadFile(filepath.Join(pinned, "go.sum"))
	if err != nil {
		return err
	}
	mod = regexp.MustCompile(`(?m)^module .*$`).ReplaceAll(mod, []byte("module "+programModule))
	mod = regexp.MustCompile(`(?m)^replace .*$`).ReplaceAll(mod, []byte("replace github.com/hotso/hotso => "+root))
	mod = regexp.MustCompile(`(?s)\ntool \(.*?\n\)`).ReplaceAll(mod, nil)
	files := map[string][]byte{"go.mod": mod, "go.sum": sum}
	for name, text := range map[string]string{"main.go": mainSource, "libapp/main.go": librarySource, "app/app.go": appSource} {
		files[name] = []byte(text)
	}
	for i := range packages {
		files[packageFile(i)] = packageSource(i, "unedited")
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o666); err != nil {
			return err
		}
	}
	return nil
}

func packageFile(i int) string { return fmt.Sprintf("p%02d/p%02d.go", i, i) }

// packageSource is a package of some hundred lines; text is what it has to say.
func packageSource(i int, text string) []byte {
	var below []int
	if i >= perLayer {
		first := (i/perLayer - 1) * perLayer
		below = []int{first + i%perLayer, first + (i+1)%perLayer}
	}
	var kinds []int
	for k := range 8 {
		kinds = append(kinds, k)
	}
	var b bytes.Buffer
	must(packageTemplate.Execute(&b, map[string]any{"Number": i, "Below": below, "Text": text, "Kinds": kinds}))
	return b.Bytes()
}

// edit saves the package in the middle with a text of its own, as editors do: by a rename.
func edit(dir, text string) error {
	path := filepath.Join(dir, packageFile(edited))
	if err := os.WriteFile(path+"~", packageSource(edited, text), 0o666); err != nil {
		return err
	}
	return os.Rename(path+"~", path)
}

var packageTemplate = template.Must(template.New("").Parse(`// Package p{{printf "%02d" .Number}} is one of many.
package p{{printf "%02d" .Number}}

import (
	"fmt"
	"sort"
	"strings"
{{- range .Below}}

	"example.com/race/p{{printf "%02d" .}}"
{{- end}}
)

// Text is what the package has to say, and those below it.
func Text() string {
	parts := []string{ {{printf "%q" .Text}} }
{{- range .Below}}
	parts = append(parts, p{{printf "%02d" .}}.Text())
{{- end}}
	return join(parts)
}

// join leaves out what is said twice.
func join(parts []string) string {
	seen, out := map[string]bool{}, []string{}
	for _, part := range parts {
		for _, word := range strings.Fields(part) {
			if !seen[word] {
				seen[word] = true
				out = append(out, word)
			}
		}
	}
	sort.Strings(out)
	return strings.Join(out, " ")
}
{{range .Kinds}}
// A Kind{{.}} is some data with some work.
type Kind{{.}} struct {
	Name   string
	Count  int
	Values map[string]float64
}

// Total adds up.
func (k *Kind{{.}}) Total() (sum float64) {
	names := make([]string, 0, len(k.Values))
	for name := range k.Values {
		names = append(names, name)
	}
	sort.Strings(names)
	for i, name := range names {
		sum += k.Values[name] * float64(i+{{.}})
	}
	return sum
}

// String is for people.
func (k *Kind{{.}}) String() string {
	return fmt.Sprintf("%s: %d, %.2f", strings.ToTitle(k.Name), k.Count, k.Total())
}
{{end}}`))

const appSource = `// Package app is the service: a page, and the same by gRPC.
package app

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"example.com/race/p25"
	"example.com/race/p26"
	"example.com/race/p27"
	"example.com/race/p28"
	"example.com/race/p29"
)

// An App counts its visits. That is its state.
type App struct{ Visits atomic.Int64 }

func text() string {
	return fmt.Sprint(p25.Text(), " ", p26.Text(), " ", p27.Text(), " ", p28.Text(), " ", p29.Text())
}

var page = template.Must(template.New("page").Parse(` + "`" + `<!doctype html>
<title>Race</title>
<h1>{{.Title}}</h1>
<ul>{{range .Items}}<li>{{.}}</li>{{end}}</ul>
<p>visits=<b>{{.Visits}}</b> text=<i>{{.Text}}</i></p>
` + "`" + `))

// Handler serves the page.
func (a *App) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		kind := p29.Kind3{Name: "kind", Values: map[string]float64{"a": 1, "b": 2}}
		_ = page.Execute(w, map[string]any{
			"Title": "Race", "Items": []string{kind.String(), r.URL.Path}, "Visits": a.Visits.Add(1), "Text": text(),
		})
	})
	return mux
}

// GRPC serves race.App/Text, which has no visits.
func (a *App) GRPC() *grpc.Server {
	s := grpc.NewServer()
	s.RegisterService(&grpc.ServiceDesc{
		ServiceName: "race.App", HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{MethodName: "Text", Handler: func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			in := new(wrapperspb.StringValue)
			if err := decode(in); err != nil {
				return nil, err
			}
			return wrapperspb.String(in.Value + text()), nil
		}}},
	}, a)
	return s
}
`

// mainSource is the service as a program.
const mainSource = `package main

import (
	"log"
	"net"
	"net/http"
	"os"

	"example.com/race/app"
)

func main() {
	var a app.App
	l, err := net.Listen("tcp", os.Getenv("RACE_GRPC"))
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(a.GRPC().Serve(l)) }()
	log.Fatal(http.ListenAndServe(os.Getenv("RACE_HTTP"), a.Handler()))
}
`

// librarySource is the service as a library, whose listeners and state go on to the next version. The state is
// handed over when the server has stopped, so that no visit comes after it.
const librarySource = `package main

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"os"

	"github.com/hotso/hotso/cabi"
	"github.com/hotso/hotso/cabi/cabihttp"

	"example.com/race/app"
)

var (
	service app.App
	calls   = service.GRPC()
	web     = cabihttp.New("http", &http.Server{Addr: os.Getenv("RACE_HTTP"), Handler: service.Handler()})
)

func init() {
	cabi.Exclusive()
	cabi.OnStart(start)
	cabi.OnStop(stop)
}

func start(ctx context.Context) error {
	if err := restore(); err != nil {
		return err
	}
	l, err := listen("grpc", os.Getenv("RACE_GRPC"))
	if err != nil {
		return err
	}
	go calls.Serve(l)
	return errors.Join(cabi.HandOver("grpc", l), web.Start(ctx))
}

func stop(ctx context.Context) error {
	calls.Stop()
	return errors.Join(web.Stop(ctx), save())
}

// listen inherits the listener of the version before.
func listen(name, addr string) (net.Listener, error) {
	f, err := cabi.Inherited(name)
	if errors.Is(err, cabi.ErrNotInherited) {
		return net.Listen("tcp", addr)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return net.FileListener(f)
}

func save() error {
	f, err := os.CreateTemp("", "race-")
	if err != nil {
		return err
	}
	defer f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return err
	}
	if _, err := f.WriteAt(binary.LittleEndian.AppendUint64(nil, uint64(service.Visits.Load())), 0); err != nil {
		return err
	}
	return cabi.HandOver("visits", f)
}

func restore() error {
	f, err := cabi.Inherited("visits")
	if errors.Is(err, cabi.ErrNotInherited) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	state := make([]byte, 8)
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, 8), state); err != nil {
		return err
	}
	service.Visits.Store(int64(binary.LittleEndian.Uint64(state)))
	return nil
}

func main() {}
`

func must(err error) {
	if err != nil {
		panic(err)
	}
}
