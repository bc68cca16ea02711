package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/hotso/hotso/host/internal/registry"
	"github.com/hotso/hotso/host/internal/version"
)

// maxFile bounds a file, in bytes.
const maxFile = 1 << 20

// A File is what a configuration file says. It is not changed after Read.
type File struct {
	path     string
	settings []setting
	names    []string // of the libraries that have an entry
}

// A setting is a key that a file has, for a library or, if that is empty, for all.
type setting struct {
	library string
	key     *key
	value   any // of the type of the field
	line    int
}

// Read reads the file at path.
func Read(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(content) > maxFile {
		return nil, fmt.Errorf("%s: it has more than %d bytes, so it is no configuration of hotso serve", path, maxFile)
	}
	return Parse(path, content)
}

// Parse reads the content of the file at path, to which the paths in it are relative.
func Parse(path string, content []byte) (*File, error) {
	f := &File{path: path}
	dec := yaml.NewDecoder(bytes.NewReader(content))
	var document yaml.Node
	switch err := dec.Decode(&document); {
	case errors.Is(err, io.EOF):
		return f, nil // it says nothing
	case err != nil:
		return nil, f.syntax(err)
	}
	var more yaml.Node
	switch err := dec.Decode(&more); {
	case err == nil:
		return nil, f.at(&more, "a second document: there is one in a file")
	case !errors.Is(err, io.EOF):
		return nil, f.syntax(err)
	}
	if root := document.Content[0]; !isNull(root) {
		if err := f.mapping(root, ""); err != nil {
			return nil, err
		}
	}
	return f, nil
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// syntax has an error of package yaml name the file as all others do.
func (f *File) syntax(err error) error {
	text := err.Error()
	found := yamlLine.FindStringSubmatch(text)
	if found == nil {
		return fmt.Errorf("%s: %s", f.path, text)
	}
	where := f.path
	if found[1] != "" {
		where += ":" + found[1]
	}
	return fmt.Errorf("%s: it is no YAML: %s", where, text[len(found[0]):])
}

func (f *File) at(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", f.path, n.Line, fmt.Sprintf(format, args...))
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// mapping reads the keys of a library, or, if that is empty, of the file.
func (f *File) mapping(n *yaml.Node, library string) error {
	n = target(n)
	if n.Kind != yaml.MappingNode {
		return f.at(n, "it is no mapping: give KEY: VALUE, one a line")
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], target(n.Content[i+1])
		if name.Kind != yaml.ScalarNode {
			return f.at(name, "a key is a word")
		}
		if line, twice := seen[name.Value]; twice {
			return f.at(name, "%.80s is there twice: see line %d", name.Value, line)
		}
		seen[name.Value] = name.Line
		if name.Value == librariesKey && library == "" {
			if err := f.libraries(value); err != nil {
				return err
			}
			continue
		}
		if err := f.key(name, value, library); err != nil {
			return err
		}
	}
	return nil
}

// target is what an alias stands for.
func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func (f *File) libraries(n *yaml.Node) error {
	if isNull(n) {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return f.at(n, "%s: give NAME: and its keys below", librariesKey)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], target(n.Content[i+1])
		if name.Kind != yaml.ScalarNode || version.CheckName(name.Value) != nil {
			return f.at(name, "%s: %.80q is no name of a library: want a letter, then letters, digits, '_' or '-'", librariesKey, name.Value)
		}
		if slices.Contains(f.names, name.Value) {
			return f.at(name, "%s: %.80s is there twice", librariesKey, name.Value)
		}
		f.names = append(f.names, name.Value)
		if isNull(value) {
			continue
		}
		if err := f.mapping(value, name.Value); err != nil {
			return err
		}
	}
	return nil
}

func (f *File) key(name, value *yaml.Node, library string) error {
	k := named(name.Value)
	switch {
	case k == nil && name.Value == "token":
		return f.at(name, "there is no key token: write it to a file of its own, and give that as token-file")
	case k == nil:
		return f.at(name, "there is no key %.80q; there are %s", name.Value, keyNames(library != ""))
	case library != "" && k.ofEach == nil:
		return f.at(name, "%s is of the server, not of a library: move it out of %s; there are %s", k.name, librariesKey, keyNames(true))
	}
	var c Config
	field := k.in(&c)
	if err := f.read(value, field); err != nil {
		return f.at(value, "%s: %v", k.name, err)
	}
	f.settings = append(f.settings, setting{library, k, f.relative(k, deref(field)), name.Line})
	return nil
}

// relative has paths begin at the directory of the file.
func (f *File) relative(k *key, value any) any {
	if !k.isPath {
		return value
	}
	join := func(path string) string {
		joined := filepath.Join(filepath.Dir(f.path), path)
		if path == "" || filepath.IsAbs(path) || strings.HasPrefix(path, registry.Scheme) {
			return path
		}
		if _, err := os.Stat(joined); err != nil && strings.HasPrefix(path, "RW") && k.name == "keys" {
			return path // the text of a key
		}
		return joined
	}
	if text, ok := value.(string); ok {
		return join(text)
	}
	var list []string
	for _, text := range value.([]string) {
		list = append(list, join(text))
	}
	return list
}

// read reads a value into a field.
func (f *File) read(n *yaml.Node, field any) error {
	if list, ok := field.(*[]string); ok {
		return readList(n, list)
	}
	tag := n.ShortTag()
	if n.Kind != yaml.ScalarNode {
		return errors.New("it is a list or a mapping: give one value")
	}
	isText, isInt := tag == "!!str", tag == "!!int"
	digits := strings.ReplaceAll(n.Value, "_", "")
	switch p := field.(type) {
	case *string:
		if !isText {
			return fmt.Errorf("%.80s is no text: put it in quotes", n.Value)
		}
		*p = n.Value
	case *bool:
		if tag != "!!bool" {
			return fmt.Errorf("%.80q is neither true nor false", n.Value)
		}
		return n.Decode(p)
	case *int, *int64:
		if !isInt || n.Decode(p) != nil {
			return fmt.Errorf("%.80q is no whole number", n.Value)
		}
	case *float64:
		if !isInt && tag != "!!float" || n.Decode(p) != nil || *p != *p {
			return fmt.Errorf("%.80q is no number", n.Value)
		}
	case *Percent:
		switch {
		case isText && n.Value == noPercent:
		case (isInt || tag == "!!float") && n.Decode(&p.Of) == nil && p.Of == p.Of:
			p.Given = true
		default:
			return fmt.Errorf("%.80q is no number of percent, nor none", n.Value)
		}
	case *time.Duration:
		d, err := time.ParseDuration(n.Value)
		if err != nil || !isText && n.Value != "0" {
			return fmt.Errorf("%.80q is no duration, such as 30s, 1m30s or 250ms", n.Value)
		}
		*p = d
	case *Size:
		switch {
		case isText:
			return p.Set(n.Value)
		case isInt:
			return p.Set(digits)
		}
		return fmt.Errorf("%.80q is no size, such as 16MiB, 64KiB or a number of bytes", n.Value)
	}
	return nil
}

// readList reads texts.
func readList(n *yaml.Node, list *[]string) error {
	if n.Kind != yaml.SequenceNode {
		return errors.New("it is no list: write [A, B], or - A and - B below each other")
	}
	*list = []string{}
	for _, e := range n.Content {
		e = target(e)
		if e.Kind != yaml.ScalarNode || e.ShortTag() != "!!str" {
			return fmt.Errorf("element %d is no text: put it in quotes", len(*list)+1)
		}
		*list = append(*list, e.Value)
	}
	return nil
}

// deref is the value of a field.
func deref(field any) any { return reflect.ValueOf(field).Elem().Interface() }

// assign gives a field the value of another one of its type.
func assign(field, value any) { reflect.ValueOf(field).Elem().Set(reflect.ValueOf(value)) }

// text is a value as its flag, or its file, would have it.
func text(value any) string {
	switch v := value.(type) {
	case Size:
		return v.String()
	case Percent:
		return v.String()
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case []string:
		return ""
	}
	return fmt.Sprint(value)
}
