#!/bin/sh
# github.com/cockroachdb/pebble/v2 v2.1.7 in two Go c-shared libraries of one process: both open the
# same database for writing, and neither is refused.
#
# Pebble locks the file LOCK in two ways (vfs, Default.Lock): by fcntl(2), and in a table of
# the files that this copy of the package has locked. Locks of fcntl belong to the process and are
# given to it again, so the table is what refuses a second Open. Two c-shared libraries have a Go
# runtime and a table each, so nothing refuses the second one. What is worse, when either
# closes the database its descriptor of LOCK is closed, and with it go all locks that
# the process has on that file (fcntl(2), "Record locks are automatically released"): then another
# process can open it too, while the copy that is left goes on writing.
#
# Seen with pebble v2.1.7, go1.26.8, linux/amd64:
#
#   one library, twice:       opened, refused
#   two libraries:            opened, opened
#   another process meanwhile: refused
#   another process, when one of the two has closed: opened
#
# It fails if that changes.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOTOOLCHAIN=go1.26.8 CGO_ENABLED=1 GOFLAGS=-mod=mod
cat > go.mod <<'GO'
module example.com/copies

go 1.26.0

require github.com/cockroachdb/pebble/v2 v2.1.7
GO
cat > main.go <<'GO'
package main

import "C"

import "github.com/cockroachdb/pebble/v2"

type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(string, ...any) {}

var open *pebble.DB

//export Open
func Open() C.int {
	db, err := pebble.Open("data", &pebble.Options{Logger: quiet{}})
	if err != nil {
		return 0
	}
	open = db
	return 1
}

//export Close
func Close() { _ = open.Close() }

func main() {}
GO
cat > host.c <<'C'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *load(const char *file) {
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        exit(2);
    }
    return library;
}

static const char *opens(void *library) {
    return ((int (*)(void))dlsym(library, "Open"))() ? "opened" : "refused";
}

static void other(const char *what) {
    fflush(stdout);
    printf("%s: ", what);
    fflush(stdout);
    if (system("./host once") != 0)
        exit(2);
}

int main(int argc, char **argv) {
    void *a = load("./a.so");
    if (argc > 1 && strcmp(argv[1], "once") == 0) {
        printf("%s\n", opens(a));
        return 0;
    }
    if (argc > 1) {
        printf("one library, twice: %s", opens(a));
        printf(", %s\n", opens(a));
        return 0;
    }
    printf("two libraries: %s", opens(a));
    void *b = load("./b.so");
    printf(", %s\n", opens(b));
    other("another process meanwhile");
    ((void (*)(void))dlsym(b, "Close"))();
    other("another process, when one of the two has closed");
    return 0;
}
C
go build -buildmode=c-shared -o a.so . 2>build.log || { cat build.log; exit 2; }
cp a.so b.so
cc -o host host.c -ldl
go version
{ ./host twice; rm -rf data; ./host; } | tee seen
cat > expected <<'TEXT'
one library, twice: opened, refused
two libraries: opened, opened
another process meanwhile: refused
another process, when one of the two has closed: opened
TEXT
cmp seen expected
