package libbuild

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/needed"
)

// archives are the compilers' own libraries as they are linked into a library. As shared
// objects they are the process's: the threads that they start are none of the library's, which
// could then not be unloaded safely, and an abort of theirs ends the process.
var archives = []struct{ shared, archive string }{
	{"libstdc++.so.6", "libstdc++.a"},
	{"libgomp.so.1", "libgomp.a"},
	{"libgcc_s.so.1", "libgcc_eh.a"}, // by -static-libgcc
}

// linkArchives returns the image linked with archives in place of the compilers' shared
// objects that it needs, as far as that can be done, and says for what it can't, and why.
// What needs none of them is not linked again.
func (o *Options) linkArchives(ctx context.Context, g goCommand, pattern, temp string, image []byte) (_ []byte, notes []string, err error) {
	spec, err := parse(image)
	if err != nil {
		return nil, nil, err
	}
	names := wantedArchives(spec)
	if len(names) == 0 {
		return image, nil, nil
	}
	if by := alsoNeeded(o.Output, spec); by != "" {
		return image, []string{fmt.Sprintf("libstdc++ is linked shared: %s needs it, too, and exceptions would not cross between two", by)}, nil
	}
	var found []string
	for _, name := range names {
		path, err := g.archive(ctx, name)
		if err != nil {
			notes = append(notes, fmt.Sprintf("%s is linked shared: %v", name, err))
			continue
		}
		found = append(found, path)
	}
	// Each in its turn is left out if the linker does not take it: many a libgomp.a is not
	// compiled for shared objects.
	for len(found) > 0 {
		linked, err := o.linkWith(ctx, g, pattern, temp, found)
		if err == nil {
			return linked, notes, nil
		}
		if ctx.Err() != nil {
			return nil, nil, err
		}
		drop := len(found) - 1
		for i, path := range found {
			if strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "/"+filepath.Base(path)+"(") {
				drop = i
			}
		}
		notes = append(notes, fmt.Sprintf("%s is linked shared: the linker does not take %s: %s",
			filepath.Base(found[drop]), found[drop], linkerSays(err)))
		found = slices.Delete(found, drop, drop+1)
	}
	return image, notes, nil
}

// wantedArchives are those in place of what the image needs.
func wantedArchives(spec *elfimage.Spec) (names []string) {
	for _, a := range archives {
		if slices.Contains(spec.Needed, a.shared) {
			names = append(names, a.archive)
		}
	}
	return names
}

// alsoNeeded is another object that the image needs, and that needs libstdc++ itself.
func alsoNeeded(dir string, spec *elfimage.Spec) string {
	const cplusplus = "libstdc++.so.6"
	if !slices.Contains(spec.Needed, cplusplus) {
		return ""
	}
	for _, s := range needed.Survey(needed.ObjectOf(filepath.Join(dir, "image.so"), spec), spec.Machine) {
		if slices.Contains(s.Needed, cplusplus) {
			return s.Name
		}
	}
	return ""
}

// archive finds one of the compiler's libraries.
func (g goCommand) archive(ctx context.Context, name string) (string, error) {
	for _, variable := range []string{"CXX", "CC"} {
		out, err := g.run(ctx, io.Discard, "env", variable)
		if err != nil {
			return "", err
		}
		command := strings.Fields(strings.Trim(strings.TrimSpace(string(out)), `"'`))
		if len(command) == 0 {
			continue
		}
		cmd := exec.CommandContext(ctx, command[0], append(command[1:], "-print-file-name="+name)...)
		cmd.Dir, cmd.Env = g.dir, append(cmd.Environ(), g.env...)
		out, err = cmd.Output()
		if path := filepath.Clean(strings.TrimSpace(string(out))); err == nil && filepath.IsAbs(path) {
			if _, err := os.Stat(path); err == nil {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("the compiler has no %s", name)
}

// linkWith compiles again with archives: a directory that has nothing but these comes before
// the compiler's own, so that -lstdc++ finds them, whoever says it. Their symbols are hidden:
// others in the process may have another libstdc++.
func (o *Options) linkWith(ctx context.Context, g goCommand, pattern, temp string, paths []string) ([]byte, error) {
	dir, err := archiveDir(temp, paths)
	if err != nil {
		return nil, err
	}
	with := *o
	with.LDFlags = addExtLDFlags(o.LDFlags, "-L"+dir+" -static-libgcc -Wl,--exclude-libs,libstdc++.a:libgomp.a:libgcc_eh.a:libgcc.a"+
		" -Wl,--push-state,--as-needed -lm -Wl,--pop-state") // libstdc++.a has parts of libm.so
	return with.compile(ctx, g, pattern, temp, new(Times))
}

// archiveDir is a directory with links to paths. Its name is the same for the same paths, as it
// goes into the build id.
func archiveDir(temp string, paths []string) (string, error) {
	sum := sha256.Sum256([]byte(strings.Join(paths, "\n")))
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = temp
	}
	dir = filepath.Join(dir, "hotso", "archives", hex.EncodeToString(sum[:8]))
	if strings.ContainsAny(dir, " \t'\"") {
		return "", fmt.Errorf("no flag can have the path %q", dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for _, path := range paths {
		link := filepath.Join(dir, filepath.Base(path))
		if to, err := os.Readlink(link); err == nil && to == path {
			continue
		}
		_ = os.Remove(link)
		if err := os.Symlink(path, link); err != nil && !os.IsExist(err) {
			return "", err
		}
	}
	return dir, nil
}

// addExtLDFlags adds to the -extldflags among flags for go build -ldflags: of two, the Go
// linker takes the last.
func addExtLDFlags(flags, add string) string {
	var rest, theirs []string
	for flag, after := quoted(flags); flag != ""; flag, after = quoted(after) {
		name, value, joined := strings.Cut(strings.TrimPrefix(flag, "-"), "=")
		switch {
		case name != "-extldflags" && name != "extldflags":
			rest = append(rest, quote(flag))
			continue
		case !joined:
			value, after = quoted(after)
		}
		theirs = []string{value}
	}
	return strings.Join(append(rest, "-extldflags", quote(strings.Join(append(theirs, add), " "))), " ")
}

// quoted splits off the first of some flags, and quote is its inverse, as cmd/internal/quoted
// does it: a flag is in quotes, or ends with the next space.
func quoted(flags string) (first, rest string) {
	flags = strings.TrimLeft(flags, " \t\r\n")
	if flags != "" && (flags[0] == '\'' || flags[0] == '"') {
		if end := strings.IndexByte(flags[1:], flags[0]); end >= 0 {
			return flags[1 : end+1], flags[end+2:]
		}
	}
	if end := strings.IndexAny(flags, " \t\r\n"); end >= 0 {
		return flags[:end], flags[end:]
	}
	return flags, ""
}

func quote(flag string) string {
	switch {
	case !strings.ContainsAny(flag, " \t\r\n'\""):
		return flag
	case strings.Contains(flag, "'"):
		return `"` + flag + `"`
	}
	return "'" + flag + "'"
}

// linkerSays is the first line of what the linker had against something.
func linkerSays(err error) string {
	for line := range strings.Lines(err.Error()) {
		if program, _, ok := strings.Cut(line, ": "); ok && strings.HasPrefix(filepath.Base(program), "ld") {
			return strings.TrimSpace(line)
		}
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}
