package main

import (
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"regexp"

	"github.com/distribution/distribution/v3/registry/auth"
	"github.com/google/go-containerregistry/pkg/registry"
)

// newGGCR is go-containerregistry's registry. It has no notion of users, so distribution's access
// controllers stand before it.
func newGGCR(o options, a access) (http.Handler, error) {
	dir := filepath.Join(o.dir, "data")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	handler := registry.New(
		registry.Logger(log.New(io.Discard, "", 0)),
		registry.WithBlobHandler(registry.NewDiskBlobHandler(dir)),
		registry.WithReferrersSupport(true),
	)
	if a.controller == "" {
		return handler, nil
	}
	controller, err := auth.GetAccessController(a.controller, a.parameters)
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := controller.Authorized(r, wanted(r)...)
		if challenge, ok := err.(auth.Challenge); ok {
			challenge.SetHeaders(r, w)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`)
			return
		}
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		handler.ServeHTTP(w, r)
	}), nil
}

var repositoryPath = regexp.MustCompile(`^/v2/(.+)/(?:manifests|blobs|tags|referrers)/`)

// wanted is what a request needs to be allowed, as distribution has it.
func wanted(r *http.Request) []auth.Access {
	match := repositoryPath.FindStringSubmatch(r.URL.Path)
	if match == nil {
		return nil
	}
	resource := auth.Resource{Type: "repository", Name: match[1]}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return []auth.Access{{Resource: resource, Action: "pull"}}
	case http.MethodDelete:
		return []auth.Access{{Resource: resource, Action: "delete"}}
	}
	return []auth.Access{{Resource: resource, Action: "pull"}, {Resource: resource, Action: "push"}}
}
