package registrytest_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/registrytest"
)

// Media types of OCI, and those of the tests.
const (
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	indexType    = "application/vnd.oci.image.index.v1+json"
	configType   = "application/vnd.oci.image.config.v1+json"
	emptyType    = "application/vnd.oci.empty.v1+json"
	artifactType = "application/vnd.example.library.v1"
)

// A client speaks plain HTTP, so that nothing stands between the tests and what a registry says.
type client struct {
	t    testing.TB
	http *http.Client
	url  string // of the registry or its proxy
	auth string // the header Authorization
}

func newClient(t testing.TB, r *registrytest.Registry) *client {
	return &client{t: t, http: r.Client(), url: r.URL()}
}

// An answer is a response with its body.
type answer struct {
	*http.Response
	body string
	err  error // of reading the body
}

// try sends a request; headers are pairs of name and value.
func (c *client) try(method, path, body string, headers ...string) (answer, error) {
	url := path
	if strings.HasPrefix(path, "/") {
		url = c.url + path
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Accept", manifestType+","+indexType)
	if c.auth != "" {
		req.Header.Set("Authorization", c.auth)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return answer{resp, string(data), err}, nil
}

func (c *client) do(method, path, body string, headers ...string) answer {
	c.t.Helper()
	a, err := c.try(method, path, body, headers...)
	require.NoError(c.t, err)
	return a
}

// ok wants a status.
func (a answer) ok(t testing.TB, status int) answer {
	t.Helper()
	require.Equal(t, status, a.StatusCode, "%s %s: %s", a.Request.Method, a.Request.URL, a.body)
	return a
}

func digest(data string) string {
	sum := sha256.Sum256([]byte(data))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// blob pushes a blob and returns its path.
func (c *client) blob(repo, data string) string {
	c.t.Helper()
	begun := c.do("POST", "/v2/"+repo+"/blobs/uploads/", "").ok(c.t, http.StatusAccepted)
	location, err := begun.Location()
	require.NoError(c.t, err)
	query := location.Query()
	query.Set("digest", digest(data))
	location.RawQuery = query.Encode()
	c.do("PUT", location.String(), data, "Content-Type", "application/octet-stream").ok(c.t, http.StatusCreated)
	return "/v2/" + repo + "/blobs/" + digest(data)
}

// put pushes a manifest under a tag or its digest and returns its path.
func (c *client) put(repo, ref, mediaType, data string) string {
	c.t.Helper()
	path := "/v2/" + repo + "/manifests/" + ref
	c.do("PUT", path, data, "Content-Type", mediaType).ok(c.t, http.StatusCreated)
	return path
}

type object = map[string]any

func descriptor(mediaType, data string) object {
	return object{"mediaType": mediaType, "digest": digest(data), "size": len(data)}
}

func text(o object) string {
	data, _ := json.Marshal(o)
	return string(data)
}

// manifest pushes what a manifest with one layer needs and returns its text.
func (c *client) manifest(repo, layer string) string {
	c.t.Helper()
	c.blob(repo, "{}")
	c.blob(repo, layer)
	return text(object{
		"schemaVersion": 2, "mediaType": manifestType, "artifactType": artifactType,
		"config": descriptor(emptyType, "{}"),
		"layers": []object{descriptor("application/octet-stream", layer)},
	})
}

// index is the text of an index of manifests or indexes.
func index(mediaType string, children ...string) string {
	list := make([]object, len(children))
	for i, child := range children {
		list[i] = descriptor(mediaType, child)
	}
	return text(object{"schemaVersion": 2, "mediaType": indexType, "manifests": list})
}

func path(repo, ref string) string { return fmt.Sprintf("/v2/%s/manifests/%s", repo, ref) }
