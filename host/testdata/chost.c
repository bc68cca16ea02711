/* chost.c is a host in C: it answers the calls of library callback, and reads its
 * streams. Only cabi.h says how. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cabi.h"

/* What the library offers, as pointers: a host opens it at run time. */
static __typeof__(hotso_set_host) *set_host;
static __typeof__(hotso_start) *start;
static __typeof__(hotso_stop) *stop;
static __typeof__(hotso_take) *take;
static __typeof__(hotso_stream_read) *stream_read;
static __typeof__(hotso_stream_close) *stream_close;
static hotso_status (*greet)(const char *, size_t, int32_t, char *, size_t, size_t *);
static hotso_status (*greet_elsewhere)(int32_t, char *, size_t, size_t *);
static hotso_status (*call_void)(void);
static hotso_status (*wrong)(void);
static hotso_status (*big)(int64_t, int64_t *);
static hotso_status (*each)(uint64_t, int32_t, int64_t *);
static hotso_status (*bytes)(int64_t, const char *, size_t, uint64_t *);
static hotso_status (*pieces)(int32_t, int32_t, uint64_t *);

static const struct {
    const char *name;
    void *pointer;
} symbols[] = {
    {"hotso_set_host", &set_host},
    {"hotso_start", &start},
    {"hotso_stop", &stop},
    {"hotso_take", &take},
    {"hotso_stream_read", &stream_read},
    {"hotso_stream_close", &stream_close},
    {"Greet", &greet},
    {"GreetElsewhere", &greet_elsewhere},
    {"Void", &call_void},
    {"Wrong", &wrong},
    {"Big", &big},
    {"Each", &each},
    {"Bytes", &bytes},
    {"Pieces", &pieces},
};

static void check(const char *what, int ok) {
    printf("%s: %s\n", what, ok ? "ok" : "WRONG");
}

/* Whether a status is of that kind, and its message has that text. */
static int says(hotso_status status, int kind, const char *text) {
    char message[4096] = "";
    size_t n = 0;
    return HOTSO_KIND(status) == kind && take(status, message, sizeof message - 1, &n) == HOTSO_OK &&
           strstr(message, text);
}

/* THE HOST'S SIDE OF A CALL */

enum { SERVICES = 1 << 16, VISIT = 2 << 16 }; /* lower 16 bits 0: these find functions */

static const struct {
    const char *name, *signature;
    uint64_t handle;
} offered[] = {
    {"Greet", "func(string, int32) (string, error)", SERVICES | 1},
    {"Void", "func() error", SERVICES | 2},
    {"Big", "func(int64) ([]byte, error)", SERVICES | 3},
    {"", "func(int32) (int64, error)", VISIT | 1}, /* a callback has no name */
};

/* Arguments are read, and results written, one behind the other. */
typedef struct span {
    const char *at;
    uint64_t n;
} span;

static uint64_t word(const char **args) {
    uint64_t w;
    memcpy(&w, *args, sizeof w);
    *args += sizeof w;
    return w;
}

static span text(const char **args) {
    span s;
    s.n = word(args);
    s.at = *args;
    *args += (s.n + 7) / 8 * 8;
    return s;
}

static int equals(span s, const char *t) {
    return s.n == strlen(t) && memcmp(s.at, t, s.n) == 0;
}

static hotso_status answer(hotso_status status, const void *result, size_t n, void *out, size_t out_cap,
                           size_t *out_len) {
    *out_len = n;
    if (n <= out_cap)
        memcpy(out, result, n);
    return status;
}

/* A string or byte result: a word with the count, then the bytes. */
static char large[8 + 100000];
static size_t large_len;

static hotso_status fail(const char *message, void *out, size_t out_cap, size_t *out_len) {
    return answer(HOTSO_ERROR, message, strlen(message), out, out_cap, out_len);
}

static hotso_status find(const char *args, void *out, size_t out_cap, size_t *out_len) {
    if (word(&args) != 0) /* what did not fit before */
        return answer(HOTSO_OK, large, large_len, out, out_cap, out_len);
    span name = text(&args), signature = text(&args);
    for (size_t i = 0; i < sizeof offered / sizeof *offered; i++) {
        if (!equals(name, offered[i].name))
            continue;
        if (!equals(signature, offered[i].signature))
            return fail("other types", out, out_cap, out_len);
        return answer(HOTSO_OK, &offered[i].handle, 8, out, out_cap, out_len);
    }
    return fail("not offered", out, out_cap, out_len);
}

static hotso_status host_call(uint64_t function, const void *arguments, size_t args_len, void *out,
                              size_t out_cap, size_t *out_len) {
    const char *args = arguments;
    (void)args_len;
    switch (function) {
    case SERVICES:
    case VISIT:
        return find(args, out, out_cap, out_len);
    case SERVICES | 1: {
        char result[64] = "";
        span name = text(&args);
        int32_t n = (int32_t)word(&args);
        uint64_t size = (uint64_t)snprintf(result + 8, 48, "%.*s in C, %d", (int)name.n, name.at, (int)n);
        memcpy(result, &size, 8);
        return answer(HOTSO_OK, result, 8 + (size + 7) / 8 * 8, out, out_cap, out_len);
    }
    case SERVICES | 2:
        return fail("not today", out, out_cap, out_len);
    case SERVICES | 3: {
        uint64_t size = word(&args);
        large_len = 8 + (size + 7) / 8 * 8;
        memset(large, 'b', sizeof large);
        memcpy(large, &size, 8);
        return answer(large_len > out_cap ? HOTSO_TOO_SMALL | 1 << 8 : HOTSO_OK, large, large_len, out,
                      out_cap, out_len);
    }
    case VISIT | 1: {
        int64_t result = 10 * (int32_t)word(&args);
        return answer(HOTSO_OK, &result, 8, out, out_cap, out_len);
    }
    }
    *out_len = 0;
    return HOTSO_GONE;
}

static void calls(void) {
    char out[64];
    size_t n = 0;
    int64_t sum = 0, size = 0;
    set_host(host_call, SERVICES);
    check("start", start(0) == HOTSO_OK);
    check("Greet",
          greet("Ada", 3, 7, out, sizeof out, &n) == HOTSO_OK && n == 11 && !memcmp(out, "Ada in C, 7", n));
    check("on a thread of the library", greet_elsewhere(8, out, sizeof out, &n) == HOTSO_OK && n == 17 &&
                                            !memcmp(out, "elsewhere in C, 8", n));
    check("an error", says(call_void(), HOTSO_ERROR, "host function Void: not today"));
    check("other types", says(wrong(), HOTSO_ERROR, "other types"));
    check("a small result", big(24, &size) == HOTSO_OK && size == 24);
    check("a large result", big(100000 - 8, &size) == HOTSO_OK && size == 100000 - 8);
    check("a callback", each(VISIT | 1, 5, &sum) == HOTSO_OK && sum == 100);
    check("a callback that is none", says(each(3 << 16 | 1, 5, &sum), HOTSO_ERROR, "took it back"));
}

static void streams(void) {
    char out[300];
    size_t n = 0, sum = 0;
    uint64_t stream = 0;
    hotso_status status = bytes(1000, "", 0, &stream);
    int right = status == HOTSO_OK;
    while ((status = stream_read(stream, out, sizeof out, &n)) == HOTSO_OK) {
        for (size_t i = 0; i < n; i++, sum++)
            right = right && (unsigned char)out[i] == sum % 256;
    }
    check("a stream", right && sum == 1000 && HOTSO_KIND(status) == HOTSO_END);

    right = bytes(10, "error", 5, &stream) == HOTSO_OK;
    right = right && stream_read(stream, out, sizeof out, &n) == HOTSO_OK && n == 10;
    check("a stream that breaks off",
          right && says(stream_read(stream, out, sizeof out, &n), HOTSO_ERROR, "broke off as told"));
    check("a stream that is refused", says(bytes(1, "refuse", 6, &stream), HOTSO_ERROR, "refused as told"));

    check("a stream of pieces", pieces(2, 1000, &stream) == HOTSO_OK &&
                                    stream_read(stream, out, sizeof out, &n) == HOTSO_OK && n == 7 &&
                                    !memcmp(out, "piece 0", n));
    status = stream_read(stream, out, sizeof out, &n);
    static char piece[1000];
    check("a large piece", HOTSO_KIND(status) == HOTSO_TOO_SMALL && n == sizeof piece &&
                               take(status, piece, sizeof piece, &n) == HOTSO_OK && n == sizeof piece &&
                               piece[0] == 'x' && piece[999] == 'x');
    stream_close(stream);
    stream_close(stream);
    check("a stream that was closed", stream_read(stream, out, sizeof out, &n) != HOTSO_OK);
}

int main(int argc, char **argv) {
    void *library = dlopen(argc > 1 ? argv[1] : "", RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; library && i < sizeof symbols / sizeof *symbols; i++) {
        void *symbol = dlsym(library, symbols[i].name);
        if (symbol == NULL)
            library = NULL;
        memcpy(symbols[i].pointer, &symbol, sizeof symbol);
    }
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    char out[64];
    size_t n = 0;
    check("without a host", says(greet("Ada", 3, 7, out, sizeof out, &n), HOTSO_ERROR, "no host"));
    calls();
    streams();
    set_host(NULL, 0);
    check("the host is gone", says(greet("Ada", 3, 7, out, sizeof out, &n), HOTSO_ERROR, "no host"));
    set_host(host_call, SERVICES);
    check("stop", stop(0) == HOTSO_OK);
    printf("end\n");
    return 0;
}
