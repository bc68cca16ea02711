// Package page has the page for who operates a hotso serve: what serves, what happened to versions and to
// calls around it, what is inside, and buttons for deployments. It is static; the figures come from the
// server's API, by the page's own script.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"mime"
	"net/http"
	"path"
	"time"
)

//go:embed static
var files embed.FS

// Policy lets the page load and ask nothing but this server, and nobody frame it. What libraries say of
// themselves is shown here: even if it came to be HTML, it could not run.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// types are those of the files; a machine's own table may say otherwise.
var types = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

type file struct {
	content []byte
	etag    string
	kind    string
}

// all are the files by the paths at which they are served.
var all = func() map[string]file {
	all := map[string]file{}
	entries, err := files.ReadDir("static")
	if err != nil {
		panic(err) // they are embedded
	}
	for _, e := range entries {
		content, err := files.ReadFile("static/" + e.Name())
		if err != nil {
			panic(err)
		}
		kind, known := types[path.Ext(e.Name())]
		if !known {
			kind = mime.TypeByExtension(path.Ext(e.Name()))
		}
		sum := sha256.Sum256(content)
		at := "/page/" + e.Name()
		if e.Name() == "index.html" {
			at = "/"
		}
		all[at] = file{content, `"` + hex.EncodeToString(sum[:16]) + `"`, kind}
	}
	return all
}()

// Handler answers GET / and GET /page/FILE, and has missing answer what there is no file for.
func Handler(missing http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f, ok := all[r.URL.Path]
		if !ok {
			missing.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", f.kind)
		h.Set("Content-Security-Policy", Policy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache") // asks each time whether it is still the same: the server may be another one
		h.Set("ETag", f.etag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.content))
	}
}
