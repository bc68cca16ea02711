package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"golang.org/x/crypto/bcrypt"

	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	_ "github.com/distribution/distribution/v3/registry/auth/token"
)

// access names one of distribution's access controllers; without a name everybody may do everything.
type access struct {
	controller string
	parameters map[string]any
}

const realm, tokenPath = "registry", "/token"

// newAccess prepares what o.auth says. The token server, if there is one, goes into mux.
func newAccess(o options, mux *http.ServeMux) (access, error) {
	if err := os.MkdirAll(o.dir, 0o777); err != nil {
		return access{}, err
	}
	switch o.auth {
	case "none":
		return access{}, nil
	case "basic":
		// The least cost: it is paid with each request.
		hash, err := bcrypt.GenerateFromPassword([]byte(o.password), bcrypt.MinCost)
		if err != nil {
			return access{}, err
		}
		file := filepath.Join(o.dir, "htpasswd")
		if err := os.WriteFile(file, fmt.Appendf(nil, "%s:%s\n", o.name, hash), 0o600); err != nil {
			return access{}, err
		}
		return access{"htpasswd", map[string]any{"realm": realm, "path": file, "overrideDummyHash": hash}}, nil
	case "token":
		server, err := newTokenServer(o)
		if err != nil {
			return access{}, err
		}
		file := filepath.Join(o.dir, "jwks.json")
		if err := os.WriteFile(file, server.keys, 0o600); err != nil {
			return access{}, err
		}
		mux.Handle(tokenPath, server)
		return access{"token", map[string]any{
			"realm": realm, "issuer": issuer, "service": realm, "jwks": file,
			"autoredirect": true, "autoredirectpath": tokenPath,
		}}, nil
	}
	return access{}, fmt.Errorf("-auth %s: want none, basic or token", o.auth)
}
