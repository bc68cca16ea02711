package gen

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// languages are those that there are clients for, and how the files of each are made.
var languages = map[string]func(*library) []File{
	"cpp":    (*library).cpp,
	"java":   (*library).java,
	"node":   (*library).node,
	"python": (*library).python,
	"rust":   (*library).rust,
}

// Languages are the languages other than Go that [Clients] has clients for, sorted.
func Languages() []string {
	names := make([]string, 0, len(languages))
	for name := range languages {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Clients returns the clients of the library in dir for programs in other languages, which call it
// through libhotso. They lie beside the Go client. An unknown language is ErrLanguage.
func Clients(ctx context.Context, dir string, tags []string, langs []string) ([]File, error) {
	for _, lang := range langs {
		if languages[lang] == nil {
			return nil, fmt.Errorf("%w: %q (there are %s)", ErrLanguage, lang, strings.Join(Languages(), ", "))
		}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	packages, err := goList(ctx, dir, tags, ".")
	if err != nil {
		return nil, err
	}
	l, err := load(ctx, packages[0], tags)
	if err != nil {
		return nil, err
	}
	if len(l.plain()) == 0 {
		return nil, fmt.Errorf("%w: %s has only functions of contracts, which Go hosts call", ErrNothing, l.name)
	}
	var files []File
	for _, lang := range langs {
		for _, f := range languages[lang](l) {
			files = append(files, File{filepath.FromSlash(path.Join(l.clientDir, f.Path)), f.Data})
		}
	}
	return files, nil
}

// className is the library's name as that of a type: greeter is Greeter, my-shop MyShop.
func (l *library) className() string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(l.name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		b.WriteString(upperFirst(word))
	}
	if b.Len() == 0 || unicode.IsDigit([]rune(b.String())[0]) {
		return "Library" + b.String()
	}
	return b.String()
}

// snake spells GreetName as greet_name, and HTTPServer as http_server.
func snake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && runes[i-1] != '_' &&
			(!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// parameters are the names of f's parameters in snake case, none of them reserved or there twice.
func (f *function) parameters(reserved func(name string) bool) []string {
	names := make([]string, len(f.params))
	for i, p := range f.params {
		name := snake(p.name)
		if name == "" || name == "_" {
			name = fmt.Sprintf("p%d", i+1)
		}
		for reserved(name) || slices.Contains(names[:i], name) {
			name += "_"
		}
		names[i] = name
	}
	return names
}

// docAs is the comment of f, about a function of another name.
func (f *function) docAs(name string) string {
	if rest, ok := strings.CutPrefix(f.doc, f.name+" "); ok {
		return name + " " + rest
	}
	return f.doc
}
