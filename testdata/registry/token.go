package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/distribution/distribution/v3/registry/auth/token"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const issuer = "hotso-test"

// A tokenServer gives its only user tokens for whatever is asked. Its key is new with each start, so
// a registry that was started again refuses the tokens of before.
//
// See https://distribution.github.io/distribution/spec/auth/token/ and .../oauth/.
type tokenServer struct {
	name, password string
	lifetime       time.Duration
	signer         jose.Signer
	keys           []byte // what the registry trusts: a JSON Web Key Set
}

func newTokenServer(o options) (*tokenServer, error) {
	keyID := rand.Text()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: keyID},
	}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, err
	}
	keys, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: key.Public(), KeyID: keyID, Algorithm: string(jose.ES256), Use: "sig"},
	}})
	return &tokenServer{name: o.name, password: o.password, lifetime: o.tokenLifetime, signer: signer, keys: keys}, err
}

func (s *tokenServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, password, _ := r.BasicAuth()
	if r.Method == http.MethodPost { // OAuth2
		name, password = r.PostFormValue("username"), r.PostFormValue("password")
	}
	if name != s.name || password != s.password {
		w.Header().Set("WWW-Authenticate", `Basic realm="`+realm+`"`)
		http.Error(w, `{"errors":[{"code":"UNAUTHORIZED","message":"incorrect username or password"}]}`, http.StatusUnauthorized)
		return
	}
	_ = r.ParseForm()
	signed, err := s.sign(r.Form["scope"], r.FormValue("service"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"token": signed, "access_token": signed,
		"expires_in": int(s.lifetime.Seconds()), "issued_at": time.Now().UTC().Format(time.RFC3339),
	})
}

// sign makes a token for scopes like "repository:NAME:pull,push", any number of them in each text.
func (s *tokenServer) sign(scopes []string, service string) (string, error) {
	granted := []*token.ResourceActions{}
	for _, scope := range strings.Fields(strings.Join(scopes, " ")) {
		kind, rest, _ := strings.Cut(scope, ":")
		if i := strings.LastIndexByte(rest, ':'); i > 0 {
			granted = append(granted, &token.ResourceActions{
				Type: kind, Name: rest[:i], Actions: strings.Split(rest[i+1:], ","),
			})
		}
	}
	now := time.Now()
	return jwt.Signed(s.signer).Claims(token.ClaimSet{
		Issuer: issuer, Subject: s.name, Audience: token.AudienceList{service},
		// The registry takes a token for a minute longer than it says.
		Expiration: now.Add(s.lifetime - token.Leeway).Unix(),
		NotBefore:  now.Unix(), IssuedAt: now.Unix(), Access: granted,
	}).Serialize()
}
