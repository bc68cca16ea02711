package foreign

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/jsontext"
)

// maxDepth of arrays and objects is more than any parameter has.
const maxDepth = 16

// parseArguments reads a JSON array of arguments; an empty text is none.
func parseArguments(text string) ([]any, error) {
	if text == "" {
		return nil, nil
	}
	if err := jsontext.Check([]byte(text), maxDepth); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	var list []any
	if err := d.Decode(&list); err != nil {
		return nil, errors.New(`it is not an array, such as [1, "two"]`)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the array")
	}
	for i, v := range list {
		list[i] = jsonArgument{v}
	}
	return list, nil
}

// A jsonArgument is read once it is known what the parameter is. It implements host.Argument.
type jsonArgument struct{ value any }

// Argument implements host.Argument.
func (a jsonArgument) Argument(t abi.Type) (any, error) {
	switch v := a.value.(type) {
	case string:
		if f, ok := jsontext.Float(v); ok && t.Float() {
			return f, nil
		}
		if t == abi.Bytes {
			b, err := base64.StdEncoding.DecodeString(v)
			if err != nil {
				return nil, fmt.Errorf("[]byte is a base64 string: %w", err)
			}
			return b, nil
		}
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = jsonArgument{v[i]}
		}
		return list, nil
	case map[string]any:
		object := map[string]any{}
		for name := range v {
			object[name] = jsonArgument{v[name]}
		}
		return object, nil
	}
	return a.value, nil
}

// finite is a value that encoding/json writes: what JSON has no number for is a string.
func finite(v any) any {
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Float32, reflect.Float64:
		if f := r.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return json.RawMessage(jsontext.AppendFloat(nil, f, 64))
		}
	case reflect.Slice:
		if k := r.Type().Elem().Kind(); k == reflect.Float32 || k == reflect.Float64 {
			list := make([]any, r.Len())
			for i := range list {
				list[i] = finite(r.Index(i).Interface())
			}
			return list
		}
		switch {
		case r.Len() > 0:
		case r.Type().Elem().Kind() == reflect.Uint8:
			return "" // and not null
		default:
			return []any{}
		}
	case reflect.Struct:
		object := map[string]any{}
		for i := range r.NumField() {
			object[r.Type().Field(i).Name] = finite(r.Field(i).Interface())
		}
		return object
	}
	return v
}
