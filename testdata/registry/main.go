// Command registry runs one of two real OCI registries on loopback, for tests: CNCF
// distribution, and go-containerregistry's. It prints the address on which it listens, and
// nothing else. It ends when its standard input does, and so with the test that started it.
//
//	registry -kind distribution -dir DIR [-auth basic|token -user NAME:PASSWORD] [-tls-cert FILE -tls-key FILE]
//	registry -dir DIR -gc
//
// It is a module of its own, so that users of hotso do not inherit what registries depend on.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/sirupsen/logrus"
)

type options struct {
	kind, addr, dir, auth   string
	name, password          string
	certFile, keyFile       string
	tokenLifetime           time.Duration
	deletable, incompleteOK bool
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "registry:", err)
		os.Exit(1)
	}
}

func run() error {
	var o options
	flag.StringVar(&o.kind, "kind", "distribution", "distribution or ggcr")
	flag.StringVar(&o.addr, "addr", "127.0.0.1:0", "where to listen")
	flag.StringVar(&o.dir, "dir", "", "where the data is kept; ggcr keeps manifests in memory only")
	flag.StringVar(&o.auth, "auth", "none", "none, basic (as with htpasswd) or token (Bearer, from /token of the same address)")
	user := flag.String("user", "", "NAME:PASSWORD of the only user, for -auth")
	flag.StringVar(&o.certFile, "tls-cert", "", "PEM file; serves HTTPS")
	flag.StringVar(&o.keyFile, "tls-key", "", "PEM file")
	flag.DurationVar(&o.tokenLifetime, "token-lifetime", 5*time.Minute, "after which time a token is refused, in whole seconds")
	flag.BoolVar(&o.deletable, "delete", false, "allow manifests and blobs to be deleted (distribution; ggcr always does)")
	flag.BoolVar(&o.incompleteOK, "incomplete-indexes", false, "take an index whose manifests are missing (distribution)")
	gc := flag.Bool("gc", false, "remove untagged manifests and unused blobs of distribution from -dir, and end")
	flag.Parse()

	logrus.SetOutput(io.Discard)
	log.SetOutput(io.Discard)
	if o.dir == "" {
		return errors.New("-dir is missing")
	}
	if *gc {
		return collectGarbage(context.Background(), o.dir)
	}
	o.name, o.password, _ = strings.Cut(*user, ":")
	if o.auth != "none" && (o.name == "" || o.password == "") {
		return errors.New("-auth needs -user NAME:PASSWORD")
	}
	handler, err := newHandler(context.Background(), o)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.addr)
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	server := &http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0)}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = server.Close()
	}()
	if o.certFile != "" {
		err = server.ServeTLS(listener, o.certFile, o.keyFile)
	} else {
		err = server.Serve(listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// newHandler is the registry, with its token server beside it if it has one.
func newHandler(ctx context.Context, o options) (http.Handler, error) {
	mux := http.NewServeMux()
	access, err := newAccess(o, mux)
	if err != nil {
		return nil, err
	}
	switch o.kind {
	case "distribution":
		mux.Handle("/", newDistribution(ctx, o, access))
	case "ggcr":
		handler, err := newGGCR(o, access)
		if err != nil {
			return nil, err
		}
		mux.Handle("/", handler)
	default:
		return nil, fmt.Errorf("-kind %s: want distribution or ggcr", o.kind)
	}
	scheme := "http"
	if o.certFile != "" {
		scheme = "https"
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// distribution names the token server by the address that the client used, and takes the
		// scheme from here: else it says https, however it was asked.
		if r.Header.Get("X-Forwarded-Proto") == "" {
			r.Header.Set("X-Forwarded-Proto", scheme)
		}
		mux.ServeHTTP(w, r)
	}), nil
}
