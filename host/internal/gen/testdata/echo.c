/* echo.c calls every function of the header echo.h. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "echo.h"

static void *library;
static __typeof__(hotso_take) *take;

/* Declares a pointer to a function of the library, with the header's type. */
#define FUNCTION(name)                                                                                       \
    __typeof__(name) *name##_;                                                                               \
    look_up(#name, &name##_)

static void look_up(const char *name, void *pointer) {
    void *symbol = dlsym(library, name);
    if (!symbol) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    memcpy(pointer, &symbol, sizeof symbol);
}

static void check(const char *what, int ok) {
    printf("%s: %s\n", what, ok ? "ok" : "WRONG");
}

/* Sends numbers there and back. */
#define NUMBERS(name, T)                                                                                     \
    do {                                                                                                     \
        FUNCTION(name);                                                                                      \
        T in[] = {1, 0, 99}, out[3] = {0};                                                                   \
        size_t n = 0;                                                                                        \
        hotso_status s = name##_(in, 3, out, 3, &n);                                                         \
        check(#name, s == HOTSO_OK && n == 3 && memcmp(in, out, sizeof in) == 0);                            \
    } while (0)

#define SCALAR(name, T, value)                                                                               \
    do {                                                                                                     \
        FUNCTION(name);                                                                                      \
        T v = value;                                                                                         \
        check(#name, name##_(v) == v);                                                                       \
    } while (0)

static void scalars(void) {
    SCALAR(Bool, bool, true);
    SCALAR(Int8, int8_t, INT8_MIN);
    SCALAR(Int16, int16_t, INT16_MIN);
    SCALAR(Int32, int32_t, INT32_MIN);
    SCALAR(Int64, int64_t, INT64_MIN);
    SCALAR(Uint8, uint8_t, UINT8_MAX);
    SCALAR(Uint16, uint16_t, UINT16_MAX);
    SCALAR(Uint32, uint32_t, UINT32_MAX);
    SCALAR(Uint64, uint64_t, UINT64_MAX);
    SCALAR(Float32, float, 1.5f);
    SCALAR(Float64, double, -0.5);
    FUNCTION(Warmer);
    check("Warmer", Warmer_(20.5) == 21.5);
    FUNCTION(Divide);
    double quotient = 0;
    check("Divide", Divide_(1, 4, &quotient) == HOTSO_OK && quotient == 0.25);
    hotso_status status = Divide_(1, 0, &quotient);
    char message[64];
    size_t n = 0;
    check("Divide by 0", HOTSO_KIND(status) == HOTSO_ERROR && quotient == 0.25 &&
                             take(status, message, sizeof message, &n) == HOTSO_OK && n == 16 &&
                             memcmp(message, "division by zero", n) == 0);
    FUNCTION(Check);
    check("Check", Check_(true) == HOTSO_OK && HOTSO_KIND(Check_(false)) == HOTSO_ERROR);
    FUNCTION(Nothing);
    FUNCTION(Calls);
    Nothing_();
    check("Nothing", Calls_() == 1);
    FUNCTION(Panics);
    FUNCTION(hotso_take_status);
    Panics_("boom", 4);
    check("Panics", HOTSO_KIND(hotso_take_status_()) == HOTSO_PANIC && hotso_take_status_() == HOTSO_OK);
}

static void texts(void) {
    char out[64];
    size_t n = 0;
    FUNCTION(Text);
    check("Text", Text_("a\0b", 3, out, sizeof out, &n) == HOTSO_OK && n == 3 && memcmp(out, "a\0b", 3) == 0);
    check("Text, empty", Text_(NULL, 0, NULL, 0, &n) == HOTSO_OK && n == 0);
    FUNCTION(Upper);
    check("Upper", Upper_("ab", 2, out, sizeof out, &n) == HOTSO_OK && n == 2 && memcmp(out, "AB", 2) == 0);
    FUNCTION(Owned);
    FUNCTION(hotso_free);
    char *owned = Owned_("text", 4);
    check("Owned", strcmp(owned, "text") == 0);
    hotso_free_(owned);
    FUNCTION(Many);
    uint8_t bytes[] = {0, 255};
    const char *want = "-1 1.5 2 \"Ada\" -0.5 true -3 00ff";
    check("Many", Many_(-1, 1.5f, 2, "Ada", 3, -0.5, true, -3, bytes, 2, out, sizeof out, &n) == HOTSO_OK &&
                      n == strlen(want) && memcmp(out, want, n) == 0);
    uint8_t back[2] = {0};
    FUNCTION(Bytes);
    check("Bytes", Bytes_(bytes, 2, back, 2, &n) == HOTSO_OK && n == 2 && memcmp(bytes, back, 2) == 0);
    FUNCTION(Reverse);
    check("Reverse", Reverse_(bytes, 2, back, 2, &n) == HOTSO_OK && n == 2 && back[0] == 255);
    FUNCTION(Big);
    check("Big", HOTSO_KIND(Big_(1000, 7, back, 2, &n)) == HOTSO_TOO_SMALL && n == 1000);
}

static void numbers(void) {
    NUMBERS(Int8s, int8_t);
    NUMBERS(Int16s, int16_t);
    NUMBERS(Int32s, int32_t);
    NUMBERS(Int64s, int64_t);
    NUMBERS(Uint16s, uint16_t);
    NUMBERS(Uint32s, uint32_t);
    NUMBERS(Uint64s, uint64_t);
    NUMBERS(Float32s, float);
    NUMBERS(Float64s, double);
    FUNCTION(Rising);
    double in[] = {1, 0, 3, 2}, out[2] = {0};
    size_t n = 0;
    hotso_status status = Rising_(in, 4, out, 1, &n);
    check("Rising, too small", HOTSO_KIND(status) == HOTSO_TOO_SMALL && n == 2 && out[0] == 0);
    size_t bytes = 0;
    check("Rising, taken", take(status, (char *)out, sizeof out, &bytes) == HOTSO_OK && bytes == sizeof out &&
                               out[0] == 1 && out[1] == 3);
    FUNCTION(Sum);
    double sum = 0;
    check("Sum", Sum_(in, 4, &sum) == HOTSO_OK && sum == 6);
}

static void structs(void) {
    FUNCTION(Struct);
    echo_Scalars s = {-1, INT64_MIN, 255, 1.5f, true, -2, UINT64_MAX, 65535, -273.15, INT32_MIN, UINT32_MAX};
    echo_Scalars r = {0};
    check("Struct", Struct_(&s, &r) == HOTSO_OK && r.A == s.A && r.B == s.B && r.C == s.C && r.D == s.D &&
                        r.E == s.E && r.F == s.F && r.G == s.G && r.H == s.H && r.I == s.I && r.J == s.J &&
                        r.K == s.K);
    check("Struct, NULL", HOTSO_KIND(Struct_(NULL, &r)) == HOTSO_PANIC);
    FUNCTION(Turn);
    echo_Line line = {{1, 2}, {3, 4}, true}, turned;
    check("Turn", Turn_(&line, &turned) == HOTSO_OK && turned.From.X == 3 && turned.From.Y == 4 &&
                      turned.To.X == 1 && turned.To.Y == 2 && turned.Dashed);
    FUNCTION(Middle);
    echo_Point a = {1, 2}, b = {3, -4}, middle = {0, 0};
    check("Middle", Middle_(&a, &b, &middle) == HOTSO_OK && middle.X == 2 && middle.Y == -1);
    check("Middle, one point", HOTSO_KIND(Middle_(&a, &a, &middle)) == HOTSO_ERROR && middle.X == 2);
    FUNCTION(Inside);
    echo_Point to = {9, 9};
    double xs[] = {2, 0}, ys[] = {3, 3};
    int32_t count = 0;
    check("Inside", Inside_(&a, &to, xs, 2, ys, 2, &count) == HOTSO_OK && count == 1);
}

/* THE CALLER'S FUNCTIONS */

enum { HOST = 1 << 16, VISIT = 2 << 16 }; /* handles that look up functions: the lower 16 bits are 0 */

/* Answers the calls of the library, with one function: func(int32) (int64, error). */
static hotso_status host_call(uint64_t function, const void *args, size_t args_len, void *out, size_t out_cap,
                              size_t *out_len) {
    /* 0, an empty name, and the signature, padded with zeros */
    static const char wanted[] = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x1a\0\0\0\0\0\0\0"
                                 "func(int32) (int64, error)\0\0\0\0\0";
    int64_t result = VISIT | 1;
    if (function == VISIT) {
        *out_len = 0;
        if (args_len != sizeof wanted || memcmp(args, wanted, sizeof wanted) != 0)
            return HOTSO_ERROR;
    } else if (function == (VISIT | 1)) {
        int32_t i;
        memcpy(&i, args, sizeof i);
        result = 2 * (int64_t)i;
        if (i == 50) {
            *out_len = 6;
            memcpy(out, "enough", 6);
            return HOTSO_ERROR;
        }
    } else {
        *out_len = 0;
        return HOTSO_GONE;
    }
    *out_len = sizeof result;
    if (out_cap >= sizeof result)
        memcpy(out, &result, sizeof result);
    return HOTSO_OK;
}

/* Whether a status is an error with that text. */
static int says(hotso_status status, const char *text) {
    char message[128] = "";
    size_t n = 0;
    return HOTSO_KIND(status) == HOTSO_ERROR && take(status, message, sizeof message - 1, &n) == HOTSO_OK &&
           strcmp(message, text) == 0;
}

static void callbacks(void) {
    FUNCTION(Each);
    FUNCTION(Parallel);
    int64_t sum = 0;
    check("Each", Each_(10, VISIT | 1, &sum) == HOTSO_OK && sum == 90);
    check("Each, error", says(Each_(100, VISIT | 1, &sum), "callback of the host: enough"));
    check("Each, gone", says(Each_(1, 3 << 16 | 1, &sum), "callback of the host: the host took it back"));
    check("Each, 0", says(Each_(1, 0, &sum), "callback of the host: its handle is 0"));
    check("Parallel, of other types", says(Parallel_(2, VISIT | 1), "callback of the host: "));
}

int main(int argc, char **argv) {
    if (argc != 2 || !(library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL))) {
        fprintf(stderr, "usage: echo LIBRARY\n");
        return 2;
    }
    look_up("hotso_take", &take);
    FUNCTION(hotso_set_host);
    hotso_set_host_(host_call, HOST); /* a host without functions by name */
    FUNCTION(hotso_start);
    check("start", hotso_start_(0) == HOTSO_OK);
    scalars();
    texts();
    numbers();
    structs();
    callbacks();
    return 0;
}
