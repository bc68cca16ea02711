#!/bin/sh
# koffi 3.3.4 (npm) and a Go c-shared library: a call from Node's main thread takes a hundred times as long as the
# same call from a Worker.
#
# koffi makes calls on a stack of its own. When C calls Go on a stack that is not the one which the runtime knows for
# the thread, the runtime asks the C library for the thread's stack, and finds that the call is not on that one
# either (callbackUpdateSystemStack in runtime/cgocall.go), so it asks again at the next call. For all
# threads but the first glibc knows the answer; for the first it reads /proc/self/maps (pthread_getattr_np), which has
# a thousand lines in Node.
#
# Seen with koffi 3.3.4, Node v20.20.2, go1.26.8, glibc 2.36, linux/amd64; how often the runtime asked in 1000 calls, and
# nanoseconds of a call:
#
#   main 1000 86138
#   worker 1000 906
#
# It fails if that changes: if the runtime asks less than once a call, or the main thread is less than ten times slower.
set -eu
for tool in node npm gcc; do
	command -v $tool >/dev/null || { echo "skipped: there is no $tool"; exit 0; }
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOTOOLCHAIN=go1.26.8 CGO_ENABLED=1
cat > go.mod <<'GO'
module example.com/add

go 1.26.0
GO
cat > main.go <<'GO'
package main

import "C"

//export Add
func Add(a, b int32) int32 { return a + b }

func main() {}
GO
go build -buildmode=c-shared -o libadd.so .

# Counts what glibc is asked for.
cat > count.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>

static int32_t asked;

int pthread_getattr_np(pthread_t thread, pthread_attr_t *attr) {
    static int (*real)(pthread_t, pthread_attr_t *);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "pthread_getattr_np");
    __atomic_add_fetch(&asked, 1, __ATOMIC_RELAXED);
    return real(thread, attr);
}

int32_t Asked(void) { return __atomic_exchange_n(&asked, 0, __ATOMIC_RELAXED); }
C
gcc -shared -fPIC -O2 -o count.so count.c -ldl

npm install --silent --no-audit --no-fund koffi@3.3.4
cat > calls.cjs <<'JS'
const koffi = require('koffi');
const { Worker, isMainThread } = require('node:worker_threads');

const add = koffi.load('./libadd.so').func('int32_t Add(int32_t, int32_t)');
const asked = koffi.load('./count.so').func('int32_t Asked()');

function measure() {
  const calls = 1000;
  for (let i = 0; i < 100; i++) add(i, 1);
  asked();
  const begin = process.hrtime.bigint();
  for (let i = 0; i < calls; i++) add(i, 1);
  const took = Number(process.hrtime.bigint() - begin) / calls;
  console.log(isMainThread ? 'main' : 'worker', asked(), Math.round(took));
}

measure();
if (isMainThread) new Worker(__filename);
JS
LD_PRELOAD=$dir/count.so node calls.cjs | tee out
awk '$1 == "main" { m = $2; t = $3 } $1 == "worker" { w = $2; u = $3 }
	END { exit !(m >= 1000 && w >= 1000 && t > 10 * u) }' out || { echo "this is not what was seen"; exit 1; }
