package transcode

import (
	"bytes"
	"encoding/json"
	"strings"
)

// dialect is the JSON Schema that OpenAPI writes its types in.
const dialect = "https://json-schema.org/draft/2020-12/schema"

// OpenAPI describes the methods as hotso serve offers them, POST /call/Greeter_Greet, in an OpenAPI 3.1
// document for that name and version of the library. It leaves out methods that have no form in JSON;
// false says that none has.
func (c *Contracts) OpenAPI(name, version string) (document []byte, ok bool) {
	paths, schemas := dict{}, dict{}
	var errors []string
	for _, s := range c.all {
		if s.err != nil {
			continue
		}
		errors = append(errors, errorsOf(s.schema)...)
		d := &definitions{schema: s.schema, names: map[string]string{}, all: schemas}
		for i := range s.schema.Methods {
			m := &s.schema.Methods[i]
			if compiled, err := s.methods[m.Name](); err == nil {
				paths["/call/"+compiled.Function] = dict{"post": d.operation(compiled, s.name, m.Signature())}
			}
		}
	}
	if len(paths) == 0 {
		return nil, false
	}
	schemas["failure"] = failure(errors)
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	err := enc.Encode(dict{
		"openapi":           "3.1.1",
		"jsonSchemaDialect": dialect,
		"info":              dict{"title": name, "version": version},
		"paths":             paths,
		"components": dict{
			"schemas": schemas,
			"responses": dict{"failure": dict{
				"description": "what went wrong: docs/http.md has the statuses",
				"content":     dict{"application/json": dict{"schema": dict{"$ref": "#/components/schemas/failure"}}},
			}},
		},
	})
	return text.Bytes(), err == nil
}

// operation describes a method.
func (d *definitions) operation(m *Method, contract, signature string) dict {
	return dict{
		"operationId": m.Function,
		"tags":        []string{contract},
		"summary":     signature,
		"requestBody": dict{
			"description": "the arguments by name, or in their order",
			"required":    len(m.Params) > 0,
			"content":     dict{"application/json": dict{"schema": d.arguments(m)}},
		},
		"responses": dict{"200": d.response(m), "default": dict{"$ref": "#/components/responses/failure"}},
	}
}

func (d *definitions) response(m *Method) dict {
	if m.IsReader() {
		return dict{"description": "the bytes", "content": dict{"application/octet-stream": dict{}}}
	}
	if m.IsStream() {
		return dict{
			"description": "the elements, each a line of JSON",
			"content":     dict{"application/x-ndjson": dict{"schema": d.ref(m.stream)}},
		}
	}
	answer := closed(dict{"result": d.results(m), "version": dict{"type": "string"}}, "result", "version")
	return dict{
		"description": "the result, and the version that answered",
		"content":     dict{"application/json": dict{"schema": answer}},
	}
}

// failure is the schema of the body of an error.
func failure(errors []string) dict {
	is := dict{"type": "array", "items": dict{"type": "string"}, "description": "errors that it is or wraps"}
	if len(errors) > 0 {
		is["description"] = "errors that it is or wraps, such as " + strings.Join(errors, ", ")
	}
	return closed(dict{
		"error":   dict{"type": "string"},
		"kind":    dict{"enum": []string{"error", "panic", "crash"}, "description": "how the library failed"},
		"version": dict{"type": "string", "description": "the version that failed"},
		"is":      is,
	}, "error")
}
