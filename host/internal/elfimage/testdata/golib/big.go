//go:build big

package main

import "C"

import (
	"html/template"
	"net/http"
	"text/tabwriter"
)

//export Serve
func Serve() int32 {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		page := template.Must(template.New("page").Parse("<p>{{.}}</p>"))
		_ = page.Execute(tabwriter.NewWriter(w, 0, 8, 1, ' ', 0), r)
	})
	if http.ListenAndServe("", mux) != nil {
		return 1
	}
	return 0
}
