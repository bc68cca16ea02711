package schema

import (
	"regexp"
	"strings"
)

// Signature is the method as in Go, Greet(ctx context.Context, p Person) (Greeting, error), where
// types of other packages have the name that an import gives them, mostly.
func (m *Method) Signature() string {
	var params []string
	if m.Context {
		params = append(params, "ctx context.Context")
	}
	for _, p := range m.Params {
		params = append(params, p.String())
	}
	var results []string
	for _, r := range m.Results {
		results = append(results, GoType(r))
	}
	switch {
	case m.Stream != "" && m.Error:
		results = append(results, "io.ReadCloser")
	case m.Stream != "":
		results = append(results, "iter.Seq2["+GoType(m.Stream)+", error]")
	}
	if m.Error {
		results = append(results, Error)
	}
	s := m.Name + "(" + strings.Join(params, ", ") + ")"
	switch len(results) {
	case 0:
		return s
	case 1:
		return s + " " + results[0]
	}
	return s + " (" + strings.Join(results, ", ") + ")"
}

func (p Param) String() string { return strings.TrimSpace(p.Name + " " + GoType(p.Type)) }

// directories are those of an import path in the name of a type.
var directories = regexp.MustCompile(`[^\s\[\](){},*]*/`)

// GoType is a type of a schema as in Go.
func GoType(text string) string {
	return strings.ReplaceAll(directories.ReplaceAllString(text, ""), Bytes, "[]byte")
}
