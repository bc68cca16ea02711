package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// A language is one row, or several. Its program prints a line of numbers for each round: nanoseconds of a plain call, of a
// prepared one, and of one in each further way.
type language struct {
	name    string
	goal    float64       // the ratio that we want at most
	missing func() string // what the language needs and the machine has not; "" if it has all
	ways    []string
	run     func(b build, library string, rounds int) (string, error)
}

func programs(needed ...string) func() string {
	return func() string {
		for _, program := range needed {
			if _, err := exec.LookPath(program); err != nil {
				return program + " is not installed"
			}
		}
		return ""
	}
}

// A build is where programs are built: libhotso is in dir, the repository in root.
type build struct{ dir, root string }

var languages = []language{
	{"C", 1.6, programs("cc"), nil, func(b build, library string, rounds int) (string, error) {
		return b.compiled("cc", []string{"-std=c11", "scripts/languages/c/add.c"}, library, rounds)
	}},
	{"C++", 1.6, programs("c++"), nil, func(b build, library string, rounds int) (string, error) {
		return b.compiled("c++", []string{"-std=c++17", "scripts/languages/cpp/add.cpp"}, library, rounds)
	}},
	{"Rust", 1.6, programs("cargo"), nil, func(b build, library string, rounds int) (string, error) {
		target := filepath.Join(b.dir, "target")
		os.Setenv("HOTSO_LIB_DIR", b.dir)
		_, err := run("cargo", "build", "--quiet", "--release", "--example", "add", "--manifest-path", "rust/Cargo.toml", "--target-dir", target)
		if err != nil {
			return "", err
		}
		return run(filepath.Join(target, "release", "examples", "add"), library, strconv.Itoa(rounds))
	}},
	{"Python", 1.15, programs("python3"), []string{"`call`", "`unchecked`"}, func(b build, library string, rounds int) (string, error) {
		os.Setenv("HOTSO_LIBRARY", filepath.Join(b.dir, "libhotso.so"))
		os.Setenv("PYTHONPATH", filepath.Join(b.root, "python", "src"))
		return run("python3", "scripts/languages/python/add.py", library, strconv.Itoa(rounds))
	}},
	{"Node", 1.15, programs("node", "npm"), nil, func(b build, library string, rounds int) (string, error) {
		os.Setenv("HOTSO_LIBRARY", filepath.Join(b.dir, "libhotso.so"))
		directory := filepath.Join(b.dir, "node")
		if err := os.CopyFS(directory, os.DirFS("node")); err != nil {
			return "", err
		}
		if _, err := run("npm", "install", "--silent", "--prefix", directory); err != nil {
			return "", err
		}
		var out strings.Builder
		for range rounds {
			var times []string
			for _, way := range []string{"plain", "add"} {
				time, err := run("node", "scripts/languages/node/add.mjs", library, way, directory)
				if err != nil {
					return "", err
				}
				times = append(times, strings.TrimSpace(time))
			}
			out.WriteString(strings.Join(times, " ") + "\n")
		}
		return out.String(), nil
	}},
	{"Java", 1.15, javaMissing, nil, func(b build, library string, rounds int) (string, error) {
		os.Setenv("HOTSO_LIBRARY", filepath.Join(b.dir, "libhotso.so"))
		classes, home := filepath.Join(b.dir, "classes"), javaHome()
		sources, err := filepath.Glob("java/src/main/java/io/github/hotso/*.java")
		if err != nil {
			return "", err
		}
		args := append([]string{"--release", "22", "-d", classes, "scripts/languages/java/Add.java"}, sources...)
		if _, err := run(filepath.Join(home, "bin/javac"), args...); err != nil {
			return "", err
		}
		return run(filepath.Join(home, "bin/java"), "--enable-native-access=ALL-UNNAMED", "-cp", classes, "Add", library, strconv.Itoa(rounds))
	}},
}

// compiled compiles a program with libhotso and runs it.
func (b build) compiled(compiler string, args []string, library string, rounds int) (string, error) {
	program := filepath.Join(b.dir, "add")
	args = append(args, "-O2", "-Iinclude", "-o", program, "-L"+b.dir, "-lhotso", "-Wl,-rpath,"+b.dir, "-ldl")
	if _, err := run(compiler, args...); err != nil {
		return "", err
	}
	return run(program, library, strconv.Itoa(rounds))
}
