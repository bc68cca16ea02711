package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/life"
)

const (
	patience  = 10 * time.Second
	maxAnswer = 16 << 20 // bytes
)

// IsURL reports whether a text is the address of a server.
func IsURL(text string) bool {
	return strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://")
}

// Ask asks a running hotso serve which versions it has, and looks at each.
func Ask(ctx context.Context, address string) []Finding {
	f := &findings{}
	v, err := versions(ctx, address)
	if err != nil {
		f.bad("server", err.Error(), "give the address of a hotso serve that runs; hotso versions DIR asks by the socket in its directory")
		return *f
	}
	switch {
	case v.Serving != "":
		f.good("server", "%s v%s serves", v.Name, v.Serving)
	case v.Name == "":
		f.bad("server", "there is no library in its directory yet", "build one into it: hotso build PKG --version 1 -o DIR")
	default:
		f.bad("server", "no version of "+v.Name+" serves", "the versions below say why; deploy one that does")
	}
	for _, i := range v.Versions {
		f.lookAtVersion(i)
	}
	return *f
}

// versions is the answer to GET /versions.
func versions(ctx context.Context, address string) (v server.Versions, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	path, err := url.JoinPath(address, "versions")
	if err != nil {
		return v, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	if err != nil {
		return v, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return v, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return v, err
	}
	if resp.StatusCode != http.StatusOK {
		var said struct{ Error string }
		_ = json.Unmarshal(b, &said) // else the status says it
		return v, fmt.Errorf("%s: %s %s", path, resp.Status, said.Error)
	}
	if err := json.Unmarshal(b, &v); err != nil || v.Versions == nil {
		return v, fmt.Errorf("%s is no answer of hotso serve", path)
	}
	return v, nil
}

// lookAtVersion says of a version what does not go by itself.
func (f *findings) lookAtVersion(i server.Version) {
	thing := "v" + i.Version
	detail := string(i.State)
	if reason, _, _ := strings.Cut(i.Reason, "\n"); reason != "" {
		detail += ": " + reason
	}
	mend := ""
	switch i.State {
	case life.Refused, life.Failed, life.Crashed:
		mend = "mend what it says, and deploy a newer version"
	case life.Quarantined:
		mend = "see that what holds it ends: give calls a deadline, and heed their context; see hotso help unloading"
	case life.Resident:
		mend = "it stays until the process ends; see hotso help native-code"
	case server.Trouble:
		mend = "see that the server can read its directory"
	}
	if i.Page != "" {
		mend = "see hotso help " + i.Page
	}
	if mend == "" {
		f.good(thing, "%s", detail)
	} else {
		f.careful(thing, detail, mend)
	}
	for _, c := range i.Conflicts {
		f.careful(thing, c.String(), "only one version at a time may have it: see hotso help embedding-databases")
	}
}
