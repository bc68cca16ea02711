package config

import (
	"encoding/json"
	"maps"
	"time"
)

// Schema is a JSON schema (2020-12) of the file. What is not a matter of one value, such as a key
// that needs another one, only Read knows.
func Schema() []byte {
	all, own := m{}, m{}
	for i := range keys {
		k := &keys[i]
		s := k.schemaOf()
		if all[k.name] = s; k.ofEach != nil {
			own[k.name] = s
		}
	}
	all[librariesKey] = m{
		"description":          "what is set for single libraries, by their names",
		"type":                 []any{"object", "null"},
		"propertyNames":        m{"pattern": namePattern},
		"additionalProperties": m{"type": []any{"object", "null"}, "properties": own, "additionalProperties": false},
	}
	b, err := json.MarshalIndent(m{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"title":                "configuration of hotso serve",
		"type":                 []any{"object", "null"},
		"properties":           all,
		"additionalProperties": false,
	}, "", "  ")
	if err != nil {
		panic(err) // it is made of maps and texts
	}
	return append(b, '\n')
}

const (
	durationPattern = `^[+-]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$`
	sizePattern     = `^[0-9]+(KiB|MiB|GiB)?$`
)

// schemaOf is that of the values of a key.
func (k *key) schemaOf() m {
	var c Config
	s := m{}
	switch k.in(&c).(type) {
	case *[]string:
		s["type"], s["items"] = "array", m{"type": "string"}
		maps.Copy(s["items"].(m), k.schema)
		s["description"] = k.about
		return s
	case *string:
		s["type"] = "string"
	case *bool:
		s["type"] = "boolean"
	case *int, *int64:
		s["type"] = "integer"
	case *float64:
		s["type"] = "number"
	case *Percent:
		number := m{"type": "number"}
		maps.Copy(number, k.schema)
		return m{"description": k.about, "oneOf": []any{number, m{"const": noPercent}}}
	case *time.Duration:
		return m{"description": k.about, "oneOf": []any{m{"type": "string", "pattern": durationPattern}, m{"const": 0}}}
	case *Size:
		return m{"description": k.about, "oneOf": []any{m{"type": "string", "pattern": sizePattern}, m{"type": "integer", "minimum": 1}}}
	}
	maps.Copy(s, k.schema)
	s["description"] = k.about
	return s
}
