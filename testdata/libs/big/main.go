// A library of some 15 MB with symbols, for measuring. Answer uses HTTP, templates and
// Go's types so that their code is linked in.
package main

import "C"

import (
	"bytes"
	"encoding/xml"
	"go/importer"
	"go/types"
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/rpc/jsonrpc"
	"os"

	_ "github.com/hotso/hotso/cabi"
)

func main() {}

//export Answer
func Answer() int32 {
	page := template.Must(template.New("").Parse("{{.}}"))
	recorder := httptest.NewRecorder()
	http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = page.Execute(w, 42)
		_ = xml.NewEncoder(w).Encode(types.NewPackage("answer", "answer").Name())
		_, _ = importer.Default().Import("fmt")
		_, _ = jsonrpc.Dial("unix", os.DevNull)
	}).ServeHTTP(recorder, httptest.NewRequest("GET", "/", bytes.NewReader(nil)))
	return int32(recorder.Body.Len())
}
