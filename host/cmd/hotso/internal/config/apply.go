package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Apply returns flags with what f says on top, but for the flags that were given: isGiven is told
// their names, and DIR for the arguments. f may be nil. It is an error if what comes out is not as
// it should be, which names the flag, or the line of the file.
func (f *File) Apply(flags Config, isGiven func(flag string) bool) (Config, error) {
	c := flags
	c.Libraries = map[string]Library{}
	if f != nil {
		f.apply(&c, isGiven)
	}
	return c, f.check(&c, isGiven)
}

func (f *File) apply(c *Config, isGiven func(string) bool) {
	for _, s := range f.settings {
		if s.library == "" && !isGiven(s.key.flagName()) {
			assign(s.key.in(c), s.value)
		}
	}
	for _, name := range f.names {
		l := c.Library
		own := func(yield func(setting) bool) {
			for _, s := range f.settings {
				if s.library == name && !isGiven(s.key.flagName()) && !yield(s) {
					return
				}
			}
		}
		for s := range own {
			if s.value == (Percent{}) { // canary: none, and so no promotion either
				l.PromoteCalls, l.PromoteAfter, l.PromoteErrors = 0, 0, 0
			}
		}
		for s := range own {
			assign(s.key.ofEach(&l), s.value)
		}
		c.Libraries[name] = l
	}
}

// Where is where a key of a library, or, if that is empty, of all, has got its value from: the
// flag, or the line of the file.
func (f *File) Where(library, key string, isGiven func(flag string) bool) string {
	return f.where(library, named(key), isGiven)
}

func (f *File) where(library string, k *key, isGiven func(string) bool) string {
	flag := "--" + k.flagName()
	if k.flag == "DIR" {
		flag = k.flag
	}
	if f == nil || isGiven(k.flagName()) {
		return flag
	}
	for _, of := range []string{library, ""} {
		for _, s := range f.settings {
			if s.library != of || s.key != k {
				continue
			}
			name := k.name
			if of != "" {
				name = librariesKey + "." + of + "." + name
			}
			return fmt.Sprintf("%s:%d: %s", f.path, s.line, name)
		}
	}
	return f.path + ": " + k.name // by default
}

// check judges the values alone, and then those that have to go together.
func (f *File) check(c *Config, isGiven func(string) bool) error {
	names, libraries := c.all()
	for i, name := range names {
		for j := range keys {
			k := &keys[j]
			if name != "" && k.ofEach == nil || k.check == nil {
				continue
			}
			value := deref(k.value(c, &libraries[i]))
			if wrong := k.check(value); wrong != "" {
				where := f.where(name, k, isGiven)
				if text := text(value); text != "" {
					where += " " + text
				}
				return fmt.Errorf("%s: %s", where, wrong)
			}
		}
		if key, wrong := libraries[i].contradiction(); wrong != "" {
			return fmt.Errorf("%s: %s", f.where(name, named(key), isGiven), wrong)
		}
		if name != "" && len(c.Names) > 0 && !slices.Contains(c.Names, name) {
			return fmt.Errorf("%s: %s has settings of %s, which is not among %s: add it there, or remove them", f.path, librariesKey, name, strings.Join(c.Names, ", "))
		}
	}
	if len(c.Directories) == 0 {
		if f == nil {
			return fmt.Errorf("no directory is given: hotso serve DIR...")
		}
		return fmt.Errorf("%s: no directory is given: add directories: [DIR], or give DIR as an argument", f.path)
	}
	return nil
}

// value is a pointer to the field: in l, if it is one of a library.
func (k *key) value(c *Config, l *Library) any {
	if k.ofEach != nil {
		return k.ofEach(l)
	}
	return k.field(c)
}

// contradiction says which key does not go with another one, and why.
func (l *Library) contradiction() (key, why string) {
	switch {
	case l.KillHung && l.CallTimeout == 0:
		return "kill-hung", "it needs call-timeout: nothing else says that a call hangs"
	case l.Exclusive && l.Canary.Given:
		return "exclusive", "it does not go with canary: a canary is a second version that is live"
	case l.Canary.Given:
		return "", ""
	case l.PromoteCalls != 0:
		return "promote-calls", "it needs canary"
	case l.PromoteAfter != 0:
		return "promote-after", "it needs canary"
	case l.PromoteErrors != 0:
		return "promote-errors", "it needs canary"
	}
	return "", ""
}

// Reload returns next as far as it can take effect in a server that runs with c and has these
// libraries: what can't keeps its value, and stays names it, with file and line. f is the file that
// next is from. What libraries that are not there yet are told can always take effect.
func (f *File) Reload(c, next Config, libraries []string, isGiven func(flag string) bool) (now Config, stays []string) {
	now = next
	keep := func(library string, k *key, old, new any) {
		was, is := deref(old), deref(new)
		if k.reloads && (k.name != "keys" && k.name != "cosign-keys" || (len(was.([]string)) == 0) == (len(is.([]string)) == 0)) {
			return
		}
		if reflect.DeepEqual(was, is) || isEmptyList(was) && isEmptyList(is) {
			return
		}
		if where := f.where(library, k, isGiven); !slices.Contains(stays, where) {
			stays = append(stays, where)
		}
		assign(new, was)
	}
	for i := range keys {
		if k := &keys[i]; k.ofEach == nil {
			keep("", k, k.field(&c), k.field(&now))
		}
	}
	now.Libraries = map[string]Library{}
	for name, l := range next.Libraries {
		now.Libraries[name] = l
	}
	for _, name := range libraries {
		old, new := c.Of(name), next.Of(name)
		for i := range keys {
			if k := &keys[i]; k.ofEach != nil {
				keep(name, k, k.ofEach(&old), k.ofEach(&new))
			}
		}
		now.Libraries[name] = new
	}
	return now, stays
}

func isEmptyList(v any) bool {
	list, ok := v.([]string)
	return ok && len(list) == 0
}
