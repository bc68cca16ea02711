package main

// #include <stdint.h>
// #include <stdio.h>
// #include <stdlib.h>
// #include <string.h>
//
// static void callback(uintptr_t f) { ((void (*)(void))f)(); }
//
// static void segv(void) { *(volatile int *)8 = 1; }
//
// static void libc_segv(void) {
//     volatile uintptr_t nowhere = 8;
//     memset((void *)nowhere, 1, 100000);
// }
//
// static void printf_segv(void) {
//     volatile uintptr_t nowhere = 8;
//     char text[16];
//     snprintf(text, sizeof text, "%s", (char *)nowhere);
// }
//
// static void free_damaged(void) {
//     volatile char *volatile p = malloc(3000), *volatile after = malloc(3000);
//     for (int i = 2990; i < 3100; i++)
//         p[i] = '1';
//     free((void *)p);
//     free((void *)after);
// }
//
// static void churn(void) {
//     for (;;)
//         for (size_t n = 16; n < 1 << 20; n = n * 3 / 2) {
//             char *volatile p = malloc(n);
//             p[n - 1] = 1;
//             free(p);
//         }
// }
import "C"

// Callback calls a C function, of the host's for instance.
//
//export Callback
func Callback(f uint64) {
	inside.Add(1)
	defer inside.Add(-1)
	C.callback(C.uintptr_t(f))
}

// CallbackBeside is Callback on a thread of the library's own. It returns at once.
//
//export CallbackBeside
func CallbackBeside(f uint64) { go C.callback(C.uintptr_t(f)) }

// CallbackThenCrash crashes after the callback has returned.
//
//export CallbackThenCrash
func CallbackThenCrash(f uint64) {
	Callback(f)
	panic("crash behind a callback")
}

// Malloc never returns, and is nearly always in the C library.
//
//export Malloc
func Malloc() {
	inside.Add(1)
	defer inside.Add(-1)
	C.churn()
}

func cSegv()       { C.segv() }
func libcSegv()    { C.libc_segv() }
func printfSegv()  { C.printf_segv() }
func cAbort()      { C.abort() }
func freeDamaged() { C.free_damaged() }
