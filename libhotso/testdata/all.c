/* all.c does with libhotso what hotso.h says, right and wrong, and prints for each whether it went as it
 * must. Arguments: versions 1 and 2 of greeter, version 1 again without its seal, version 1 of callback and
 * of slow. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hotso.h"

static const char *greeter[2], *unsealed, *callback, *slow, *echo;
static hotsoh_error *error;
static int wrong;

static void check(const char *what, int ok) {
    if (!ok)
        wrong = 1;
    printf("%s: %s\n", what, ok ? "ok" : "WRONG");
    fflush(stdout);
}

/* Whether a function returned that, and said why if it is an error. Its error is in the variable error. */
static int is(hotsoh_status have, hotsoh_status want) {
    int ok = have == want;
    if (want != HOTSOH_OK && want != HOTSOH_TIMEOUT && want != HOTSOH_END)
        ok = ok && error && error->status == want && *error->text && *error->json == '{';
    if (!ok)
        printf("  %s, not %s: %s\n", hotsoh_status_name(have), hotsoh_status_name(want),
               error ? error->text : "no error");
    hotsoh_free(error);
    error = NULL;
    return ok;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static hotsoh_value text(const char *s) {
    hotsoh_value v = {0};
    v.type = HOTSOH_TYPE_STRING;
    v.data = s;
    v.length = strlen(s);
    return v;
}

static hotsoh_value number(int64_t n) {
    hotsoh_value v = {0};
    v.type = HOTSOH_TYPE_INT64;
    v.integer = n;
    return v;
}

static hotsoh_slot new_slot(const char *name, hotsoh_settings settings, const char *path) {
    hotsoh_slot slot = 0;
    if (!is(hotsoh_slot_new(name, settings, &slot, &error), HOTSOH_OK))
        exit(1);
    if (path && !is(hotsoh_slot_swap(slot, path, 0, NULL, &error), HOTSOH_OK))
        exit(1);
    return slot;
}

static int closed(hotsoh_slot slot) {
    return is(hotsoh_close(slot, 0, NULL, &error), HOTSOH_OK) && is(hotsoh_release(slot, &error), HOTSOH_OK);
}

static hotsoh_function prepared(hotsoh_target target, const char *name, const char *signature) {
    hotsoh_function f = 0;
    if (!is(hotsoh_prepare(target, name, signature, &f, &error), HOTSOH_OK))
        exit(1);
    return f;
}

#define ADD "func(int32, int32) int32"

static void calls(void) {
    char *json = NULL;
    hotsoh_library lib;
    check("open", is(hotsoh_library_open(greeter[0], 0, 0, &lib, &error), HOTSOH_OK));
    check("describe", is(hotsoh_describe(lib, &json, &error), HOTSOH_OK) && strstr(json, "GreetName"));
    hotsoh_free(json);
    check("inspect", is(hotsoh_inspect(greeter[1], 0, &json, &error), HOTSOH_OK) && strstr(json, "\"2\""));
    hotsoh_free(json);
    check("health", is(hotsoh_health(lib, &error), HOTSOH_OK));

    hotsoh_function add = prepared(lib, "Add", NULL), greet = prepared(lib, "Greet", NULL);
    hotsoh_function greet_name = prepared(lib, "GreetName", "func(string) string");
    uint64_t words[2] = {(uint64_t)-5, 7}, result = 0;
    check("invoke", is(hotsoh_invoke(add, words, 2, &result, &error), HOTSOH_OK) && (int32_t)result == 2);
    check("invoke without a place for the result", is(hotsoh_invoke(add, words, 2, NULL, &error), HOTSOH_OK));
    check("invoke without arguments", is(hotsoh_invoke(add, NULL, 2, &result, &error), HOTSOH_ARGUMENT));
    check("invoke with too few", is(hotsoh_invoke(add, words, 1, &result, &error), HOTSOH_ARGUMENT));
    check("signature", is(hotsoh_signature(add, &json, &error), HOTSOH_OK) && strcmp(json, ADD) == 0);
    hotsoh_free(json);

    char room[64];
    hotsoh_value args[2] = {number(3), number(4)}, value = {0};
    check("call", is(hotsoh_call(add, args, 2, &value, NULL, &error), HOTSOH_OK) && value.integer == 7 &&
                      value.type == HOTSOH_TYPE_INT32);
    args[0].integer = (int64_t)1 << 40;
    check("a number that is too large", is(hotsoh_call(add, args, 2, &value, NULL, &error), HOTSOH_ARGUMENT));
    args[0] = text("Ada");
    check("a text as a number", is(hotsoh_call(add, args, 2, &value, NULL, &error), HOTSOH_ARGUMENT));
    value.buffer = room;
    value.capacity = sizeof room;
    check("a text into a buffer", is(hotsoh_call(greet_name, args, 1, &value, NULL, &error), HOTSOH_OK) &&
                                      value.data == room && value.length == 11 &&
                                      memcmp(room, "Hello, Ada!", 11) == 0);
    value.capacity = 3;
    check("a text that is larger", is(hotsoh_call(greet_name, args, 1, &value, NULL, &error), HOTSOH_OK) &&
                                       value.data != room && value.length == 11 &&
                                       memcmp(value.data, "Hello, Ada!", 11) == 0);
    hotsoh_free((void *)value.data);
    value.capacity = sizeof room;
    check("a C string", is(hotsoh_call(greet, NULL, 0, &value, NULL, &error), HOTSOH_OK) && value.length > 0);
    args[0] = text("");
    check("an error of the function",
          is(hotsoh_call(greet_name, args, 1, &value, NULL, &error), HOTSOH_CALL));
    args[0].data = NULL;
    args[0].length = 5;
    check("a text at NULL", is(hotsoh_call(greet_name, args, 1, &value, NULL, &error), HOTSOH_ARGUMENT));
    uint64_t at[2] = {(uint64_t)(uintptr_t)room, sizeof room}, name[2] = {(uint64_t)(uintptr_t) "Bob", 3};
    check("a text by words", is(hotsoh_invoke(greet_name, name, 2, at, &error), HOTSOH_OK) && at[1] == 11 &&
                                 memcmp(room, "Hello, Bob!", 11) == 0);

    args[0] = number(30);
    args[1] = number(12);
    check("call by name",
          is(hotsoh_call_name(lib, "Add", args, 2, &value, NULL, &error), HOTSOH_OK) && value.integer == 42);
    check("call with JSON",
          is(hotsoh_call_json(lib, "GreetName", "[\"Eve\"]", &json, NULL, &error), HOTSOH_OK) &&
              strcmp(json, "\"Hello, Eve!\"") == 0);
    hotsoh_free(json);
    check("no JSON", is(hotsoh_call_json(lib, "GreetName", "[", &json, NULL, &error), HOTSOH_ARGUMENT));
    check("an unknown function",
          is(hotsoh_call_name(lib, "Subtract", args, 2, &value, NULL, &error), HOTSOH_FUNCTION));
    hotsoh_function none;
    check("to prepare one", is(hotsoh_prepare(lib, "Subtract", ADD, &none, &error), HOTSOH_FUNCTION));
    check("another signature",
          is(hotsoh_prepare(lib, "Add", "func(int64, int32) int32", &none, &error), HOTSOH_SIGNATURE));
    check("no signature", is(hotsoh_prepare(lib, "Add", "int32", &none, &error), HOTSOH_ARGUMENT));

    check("release before close", is(hotsoh_release(lib, &error), HOTSOH_BUSY));
    check("close", is(hotsoh_close(lib, 0, &json, &error), HOTSOH_OK) && strstr(json, "unloaded"));
    hotsoh_free(json);
    check("call after close", is(hotsoh_invoke(add, words, 2, &result, &error), HOTSOH_CLOSED));
    check("release", is(hotsoh_release(lib, &error), HOTSOH_OK));
    check("a freed handle", is(hotsoh_describe(lib, NULL, &error), HOTSOH_BAD_HANDLE));
    check("to free it again", is(hotsoh_release(lib, &error), HOTSOH_BAD_HANDLE));
    check("a handle of another kind", is(hotsoh_invoke(lib, words, 2, &result, &error), HOTSOH_BAD_HANDLE));
    check("no handle", is(hotsoh_call(12345, NULL, 0, NULL, NULL, &error), HOTSOH_BAD_HANDLE));
    for (hotsoh_function f = 0, all[3] = {add, greet, greet_name}; f < 3; f++)
        check("release of a function", is(hotsoh_release(all[f], &error), HOTSOH_OK));
    check("call of it", is(hotsoh_invoke(add, words, 2, &result, &error), HOTSOH_BAD_HANDLE));
}

static void *fail_by_pointer(void *pointer) {
    int32_t (*f)(int32_t, int32_t);
    memcpy(&f, &pointer, sizeof f);
    return f(2, 3) == 0 && *hotsoh_pending() == 1 ? pointer : NULL;
}

/* Prepared functions by a pointer. */
static void pointers(void) {
    hotsoh_slot slot = new_slot("greeter", 0, greeter[0]);
    hotsoh_function add = prepared(slot, "Add", ADD), greet = prepared(slot, "Greet", NULL);
    void *pointer = NULL, *same = NULL;
    int32_t (*f)(int32_t, int32_t);
    check("a pointer", is(hotsoh_pointer(add, &pointer, &error), HOTSOH_OK));
    check("once more", is(hotsoh_pointer(add, &same, &error), HOTSOH_OK) && same == pointer);
    check("not for texts", is(hotsoh_pointer(greet, &same, &error), HOTSOH_UNSUPPORTED));
    memcpy(&f, &pointer, sizeof f);
    int sum = 0;
    for (int i = 0; i < 1000; i++)
        sum += f(i, -1);
    check("calls by it", sum == 499500 - 1000 && *hotsoh_pending() == 0);
    check("a swap", is(hotsoh_slot_swap(slot, greeter[1], 0, NULL, &error), HOTSOH_OK) && f(2, 3) == 5);
    check("nothing failed", hotsoh_take_error(&error) == HOTSOH_OK && !error);
    check("close with a pointer", is(hotsoh_close(slot, 0, NULL, &error), HOTSOH_OK));
    check("it fails", f(2, 3) == 0 && f(2, 3) == 0 && *hotsoh_pending() == 1);
    check("and says why", is(hotsoh_take_error(&error), HOTSOH_CLOSED) && *hotsoh_pending() == 0);
    pthread_t thread;
    void *failed = NULL;
    check("a thread with an error", pthread_create(&thread, NULL, fail_by_pointer, pointer) == 0 &&
                                        pthread_join(thread, &failed) == 0 && failed == pointer);
    check("it takes it along", *hotsoh_pending() == 0);
    check("release with a pointer", is(hotsoh_release(add, &error), HOTSOH_OK));
    check("it is none any more", f(2, 3) == 0 && is(hotsoh_take_error(&error), HOTSOH_BAD_HANDLE));
    hotsoh_release(greet, NULL);
    hotsoh_release(slot, NULL);
}

static uint64_t bits(double d) {
    uint64_t word;
    memcpy(&word, &d, sizeof word);
    return word;
}

static uint64_t bits32(float f) {
    uint32_t word;
    memcpy(&word, &f, sizeof word);
    return word;
}

/* Arguments of all classes: in registers, on the stack, and smaller than a word. */
static void registers(void) {
    hotsoh_slot slot = new_slot("echo", 0, echo);
    hotsoh_function weigh = prepared(slot, "Weigh", NULL), digits = prepared(slot, "Digits", NULL);
    hotsoh_function floats = prepared(slot, "Floats", NULL), none;
    /* What is beside a small number does not matter. */
    uint64_t w[4] = {bits(1), 0xabcdef00 | (uint8_t)-2, bits32(3), (uint64_t)-4};
    uint64_t d[10] = {1, 2, 0xff03, 0xff0004, 5, 6, 0xff07, 8, 0xff0009, 0}, result;
    uint64_t f[8] = {bits(1), bits32(2), bits(3), bits(4), bits32(5), bits(6), bits(7), bits(8)};
    int good = 1;
    for (int i = 0; i < 5; i++) { /* the first one by Go, the others not */
        good &=
            is(hotsoh_invoke(weigh, w, 4, &result, &error), HOTSOH_OK) && result == bits(1 - 20 + 300 - 4000);
        good &= is(hotsoh_invoke(digits, d, 10, &result, &error), HOTSOH_OK) && result == 1234567890;
        good &= is(hotsoh_invoke(floats, f, 8, &result, &error), HOTSOH_OK) && result == bits(12345678);
    }
    check("words of all classes", good);
    check("too many", is(hotsoh_prepare(slot, "Nine", NULL, &none, &error), HOTSOH_ARGUMENT));
    void *pointer = NULL;
    double (*weigh_it)(double, int8_t, float, int64_t);
    double (*write_them)(double, float, double, double, float, double, double, double);
    is(hotsoh_pointer(weigh, &pointer, &error), HOTSOH_OK);
    memcpy(&weigh_it, &pointer, sizeof pointer);
    is(hotsoh_pointer(floats, &pointer, &error), HOTSOH_OK);
    memcpy(&write_them, &pointer, sizeof pointer);
    check("pointers with arguments of both classes",
          weigh_it(1, -2, 3, -4) == 1 - 20 + 300 - 4000 && write_them(1, 2, 3, 4, 5, 6, 7, 8) == 12345678);
    check("none with arguments on the stack",
          is(hotsoh_pointer(digits, &pointer, &error), HOTSOH_UNSUPPORTED));
    check("close after them", closed(slot));
    hotsoh_release(weigh, NULL);
    hotsoh_release(digits, NULL);
    hotsoh_release(floats, NULL);
}

static void bad_arguments(void) {
    hotsoh_slot slot;
    hotsoh_settings settings;
    check("NULL for the handle", is(hotsoh_slot_new("greeter", 0, NULL, &error), HOTSOH_ARGUMENT));
    check("NULL for a name", is(hotsoh_slot_new(NULL, 0, &slot, &error), HOTSOH_ARGUMENT));
    check("NULL for the error", hotsoh_slot_new(NULL, 0, &slot, NULL) == HOTSOH_ARGUMENT);
    check("no settings", is(hotsoh_slot_new("greeter", 77, &slot, &error), HOTSOH_BAD_HANDLE));
    check("settings", is(hotsoh_settings_new(&settings, &error), HOTSOH_OK));
    check("an unknown setting", is(hotsoh_settings_set(settings, "drain", "1s", &error), HOTSOH_ARGUMENT));
    check("a bad value", is(hotsoh_settings_set(settings, "drain_timeout", "soon", &error), HOTSOH_ARGUMENT));
    check("a good one", is(hotsoh_settings_set(settings, "drain_timeout", "2s", &error), HOTSOH_OK));
    slot = new_slot("greeter", settings, NULL);
    check("an empty slot", is(hotsoh_call_name(slot, "Add", NULL, 0, NULL, NULL, &error), HOTSOH_EMPTY));
    check("to prepare there",
          is(hotsoh_prepare(slot, "Add", NULL, &(hotsoh_function){0}, &error), HOTSOH_EMPTY));
    check("no file", is(hotsoh_slot_swap(slot, "/no/such.so", 0, NULL, &error), HOTSOH_NOT_FOUND));
    check("no library", is(hotsoh_slot_swap(slot, "/proc/self/exe", 0, NULL, &error), HOTSOH_NOT_ELF));
    check("a library without seal", is(hotsoh_slot_swap(slot, unsealed, 0, NULL, &error), HOTSOH_UNSEALED));
    check("another name", is(hotsoh_slot_swap(slot, slow, 0, NULL, &error), HOTSOH_NAME));
    check("nothing before", is(hotsoh_slot_rollback(slot, 0, NULL, &error), HOTSOH_NONE_BEFORE));
    check("no canary", is(hotsoh_slot_promote(slot, 0, NULL, &error), HOTSOH_NO_CANARY));
    hotsoh_call_options o = {0};
    check("options without size",
          is(hotsoh_call_name(slot, "Add", NULL, 0, NULL, &o, &error), HOTSOH_ARGUMENT));
    check("close of an empty slot", closed(slot));
    check("allow_unsealed", is(hotsoh_settings_set(settings, "allow_unsealed", "true", &error), HOTSOH_OK));
    slot = new_slot("greeter", settings, unsealed);
    hotsoh_function add = prepared(slot, "Add", ADD);
    uint64_t words[2] = {1, 2}, result;
    check("a call there", is(hotsoh_invoke(add, words, 2, &result, &error), HOTSOH_OK) && result == 3);
    check("its close", closed(slot));
    check("release of settings", is(hotsoh_release(settings, &error), HOTSOH_OK));
}

/* CALLS BY EIGHT THREADS WHILE VERSIONS ARE SWAPPED */

static struct {
    hotsoh_function add, greet;
    int stop;
    uint64_t calls, failures, crashed;
} traffic;

static void *caller(void *unused) {
    uint64_t calls = 0, failures = 0, crashed = 0, words[2], result;
    char room[64];
    while (!__atomic_load_n(&traffic.stop, __ATOMIC_RELAXED)) {
        hotsoh_error *e = NULL;
        hotsoh_status s;
        if (calls % 16) {
            words[0] = calls;
            words[1] = 1;
            s = hotsoh_invoke(traffic.add, words, 2, &result, &e);
            if (s == HOTSOH_OK && (int32_t)result != (int32_t)(calls + 1))
                failures++;
        } else {
            uint64_t name[2] = {(uint64_t)(uintptr_t) "Ada", 3};
            uint64_t at[2] = {(uint64_t)(uintptr_t)room, sizeof room};
            s = hotsoh_invoke(traffic.greet, name, 2, at, &e);
            if (s == HOTSOH_OK && (at[1] < 11 || memcmp(room, "Hello, Ada!", 11) != 0))
                failures++;
        }
        calls++;
        if (s == HOTSOH_CRASHED)
            crashed++;
        else if (s != HOTSOH_OK) {
            if (!failures)
                printf("  a call: %s\n", e ? e->text : hotsoh_status_name(s));
            failures++;
        }
        hotsoh_free(e);
    }
    __atomic_fetch_add(&traffic.calls, calls, __ATOMIC_RELAXED);
    __atomic_fetch_add(&traffic.failures, failures, __ATOMIC_RELAXED);
    __atomic_fetch_add(&traffic.crashed, crashed, __ATOMIC_RELAXED);
    return unused;
}

enum { CALLERS = 8 };
static pthread_t callers[CALLERS];

static void start_traffic(hotsoh_slot slot) {
    memset(&traffic, 0, sizeof traffic);
    traffic.add = prepared(slot, "Add", ADD);
    traffic.greet = prepared(slot, "GreetName", "func(string) string");
    for (int i = 0; i < CALLERS; i++)
        pthread_create(&callers[i], NULL, caller, NULL);
}

static void stop_traffic(const char *what, int count, double seconds) {
    __atomic_store_n(&traffic.stop, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < CALLERS; i++)
        pthread_join(callers[i], NULL);
    printf("%s: %llu calls, %llu failures, %llu ended by a crash; %d in %.1f ms each\n", what,
           (unsigned long long)traffic.calls, (unsigned long long)traffic.failures,
           (unsigned long long)traffic.crashed, count, seconds / count * 1e3);
    is(hotsoh_release(traffic.add, &error), HOTSOH_OK);
    is(hotsoh_release(traffic.greet, &error), HOTSOH_OK);
}

static void swaps(void) {
    hotsoh_settings settings;
    hotsoh_settings_new(&settings, NULL);
    hotsoh_settings_set(settings, "allow_downgrade", "true", NULL);
    hotsoh_slot slot = new_slot("greeter", settings, greeter[0]);
    start_traffic(slot);
    enum { SWAPS = 40 };
    int good = 0;
    double begin = now();
    for (int i = 1; i <= SWAPS; i++)
        good += is(hotsoh_slot_swap(slot, greeter[i % 2], 0, NULL, &error), HOTSOH_OK);
    stop_traffic("swaps", SWAPS, now() - begin);
    check("swaps under eight threads", good == SWAPS);
    check("no call failed", traffic.calls > 1000 && traffic.failures == 0 && traffic.crashed == 0);

    char *json = NULL;
    check(
        "bad terms of a canary",
        is(hotsoh_slot_canary(slot, greeter[1], 50, "{\"errors\":7}", 0, NULL, &error), HOTSOH_ARGUMENT) &&
            is(hotsoh_slot_canary(slot, greeter[1], 50, "{\"error\":0}", 0, NULL, &error), HOTSOH_ARGUMENT));
    check("a canary",
          is(hotsoh_slot_canary(slot, greeter[1], 50, "{\"keys\":[\"ada\"]}", 0, &json, &error), HOTSOH_OK) &&
              strstr(json, "canary"));
    hotsoh_free(json);
    check("a swap beside it", is(hotsoh_slot_swap(slot, greeter[0], 0, NULL, &error), HOTSOH_CANARY));
    check("its share", is(hotsoh_slot_set_share(slot, 10, "[\"bob\"]", &error), HOTSOH_OK));
    check("a bad share", is(hotsoh_slot_set_share(slot, 101, NULL, &error), HOTSOH_ARGUMENT));
    hotsoh_call_options o = {sizeof o, 0, "bob", 3};
    hotsoh_value args[2] = {number(1), number(2)}, sum = {0};
    for (int i = 0; i < 100; i++)
        if (hotsoh_call_name(slot, "Add", args, 2, &sum, &o, NULL) != HOTSOH_OK || sum.integer != 3)
            check("a call with a key", 0);
    check("versions",
          is(hotsoh_slot_versions(slot, &json, &error), HOTSOH_OK) && strstr(json, "\"calls\":100"));
    hotsoh_free(json);
    check("promote",
          is(hotsoh_slot_promote(slot, 0, &json, &error), HOTSOH_OK) && strstr(json, "\"version\":\"2\""));
    hotsoh_free(json);
    check("another canary", is(hotsoh_slot_canary(slot, greeter[0], 1, NULL, 0, NULL, &error), HOTSOH_OK));
    check("abort", is(hotsoh_slot_abort(slot, 0, &json, &error), HOTSOH_OK) && strstr(json, "unloaded"));
    hotsoh_free(json);
    check("rollback", is(hotsoh_slot_rollback(slot, 0, NULL, &error), HOTSOH_OK));
    check("close after swaps", closed(slot));
    hotsoh_release(settings, NULL);
}

static void crashes(void) {
    /* Those that don't hang, as cabi knows them. */
    static const char *const kinds[] = {"panic",    "goroutine", "nil",  "wild", "throw", "unlock",
                                        "overflow", "memory",    "exit", "log",  "goexit"};
    hotsoh_settings settings;
    hotsoh_settings_new(&settings, NULL);
    hotsoh_settings_set(settings, "crash_limit", "1000000", NULL);
    hotsoh_settings_set(settings, "kill_hung", "true", NULL);
    hotsoh_slot slot = new_slot("greeter", settings, greeter[0]);
    start_traffic(slot);
    int contained = 0, all = 0;
    double begin = now();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++, all++) {
        hotsoh_value kind = text(kinds[i]);
        hotsoh_status s = hotsoh_call_name(slot, "hotso_drill", &kind, 1, NULL, NULL, &error);
        contained += is(s, HOTSOH_CRASHED);
    }
    hotsoh_value hang = text("hang");
    hotsoh_call_options o = {sizeof o, 100000000, NULL, 0};
    hotsoh_status s;
    while ((s = hotsoh_call_name(slot, "hotso_drill", &hang, 1, NULL, &o, &error)) == HOTSOH_TIMEOUT) {
        hotsoh_free(error); /* the time was over before the call began */
        error = NULL;
    }
    contained += is(s, HOTSOH_HUNG);
    all++;
    stop_traffic("crashes", all, now() - begin);
    check("crashes of all kinds", contained == all);
    check("no other call failed", traffic.calls > 100 && traffic.failures == 0);
    hotsoh_value args[2] = {number(1), number(2)}, sum = {0};
    check("it answers",
          is(hotsoh_call_name(slot, "Add", args, 2, &sum, NULL, &error), HOTSOH_OK) && sum.integer == 3);
    hotsoh_value kind = text("exit");
    s = hotsoh_call_name(slot, "hotso_drill", &kind, 1, NULL, NULL, &error);
    check("what a crash says", s == HOTSOH_CRASHED && error->code == 3 && strstr(error->json, "\"crash\":{"));
    hotsoh_free(error);
    error = NULL;
    check("forgive", is(hotsoh_slot_forgive(slot, &error), HOTSOH_OK));
    check("close after crashes", closed(slot));
    hotsoh_release(settings, NULL);
}

/* A SLOT'S QUEUE */

static void events(void) {
    hotsoh_slot slot = new_slot("greeter", 0, NULL);
    int32_t fd = -1, same;
    char *item = NULL;
    uint64_t dropped = 9;
    check("a descriptor", is(hotsoh_event_fd(slot, &fd, &error), HOTSOH_OK) && fd > 2);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    check("nothing yet", poll(&p, 1, 0) == 0);
    check("no item", is(hotsoh_event_next(slot, 0, &item, NULL, &error), HOTSOH_TIMEOUT));
    double begin = now();
    check("to wait for one", is(hotsoh_event_next(slot, 30000000, &item, NULL, &error), HOTSOH_TIMEOUT) &&
                                 now() - begin >= 0.03);
    check("a swap", is(hotsoh_slot_swap(slot, greeter[0], 0, NULL, &error), HOTSOH_OK));
    check("poll", poll(&p, 1, 5000) == 1);
    int serving = 0, items = 0;
    while (!serving && is(hotsoh_event_next(slot, 5000000000, &item, &dropped, &error), HOTSOH_OK)) {
        serving = strstr(item, "\"kind\":\"event\"") && strstr(item, "\"state\":\"serving\"");
        items++;
        hotsoh_free(item);
    }
    check("events until it serves", serving && items == 6 && dropped == 0);
    check("nothing left", poll(&p, 1, 0) == 0);
    check("the same descriptor", is(hotsoh_event_fd(slot, &same, &error), HOTSOH_OK) && same == fd);
    check("close", is(hotsoh_close(slot, 0, NULL, &error), HOTSOH_OK));
    for (items = 0; hotsoh_event_next(slot, -1, &item, NULL, &error) == HOTSOH_OK; items++)
        hotsoh_free(item);
    check("the last events", items == 3 && is(hotsoh_event_next(slot, -1, &item, NULL, &error), HOTSOH_END));
    check("readable at the end", poll(&p, 1, 0) == 1);
    check("release", is(hotsoh_release(slot, &error), HOTSOH_OK));

    hotsoh_settings settings;
    hotsoh_settings_new(&settings, NULL);
    hotsoh_settings_set(settings, "event_queue", "2", NULL);
    slot = new_slot("greeter", settings, greeter[0]);
    hotsoh_close(slot, 0, NULL, NULL);
    check("a full queue", is(hotsoh_event_next(slot, 0, &item, &dropped, &error), HOTSOH_OK) && dropped == 7);
    hotsoh_free(item);
    hotsoh_release(slot, NULL);
    hotsoh_release(settings, NULL);
}

static void watching(void) {
    char dir[] = "/tmp/hotso-watch-XXXXXX", path[128], command[512], *item = NULL;
    hotsoh_slot slot = new_slot("greeter", 0, NULL);
    hotsoh_watch watch;
    if (!mkdtemp(dir))
        exit(1);
    check("no directory", is(hotsoh_watch_start(slot, "/no/such", &watch, &error), HOTSOH_NOT_FOUND));
    check("watch", is(hotsoh_watch_start(slot, dir, &watch, &error), HOTSOH_OK));
    snprintf(path, sizeof path, "%s/libgreeter.v1.so", dir);
    snprintf(command, sizeof command, "cp %s %s", greeter[0], path);
    int found = system(command) != 0;
    while (!found && is(hotsoh_event_next(slot, 10000000000, &item, NULL, &error), HOTSOH_OK)) {
        found = strstr(item, "\"kind\":\"watch\"") && strstr(item, "\"swap\":{") && strstr(item, path);
        hotsoh_free(item);
    }
    check("a version that came", found);
    check("end of the watch", is(hotsoh_release(watch, &error), HOTSOH_OK));
    check("close after it", closed(slot));
    snprintf(command, sizeof command, "rm -r %s", dir);
    if (system(command) != 0)
        exit(1);
}

/* FUNCTIONS OF THE PROGRAM'S, AND STREAMS */

static hotsoh_slot swapping;
static hotsoh_status swapped;

/* Greet is func(string, int32) string: the text that often, or if n is -1 an error, or if it is -2 after a
 * swap of the slot whose library calls. */
static hotsoh_status greet(void *user, const hotsoh_value *args, uint32_t count, hotsoh_value *result) {
    int n = (int)args[1].integer;
    if (count != 2 || args[0].type != HOTSOH_TYPE_STRING || result->type != HOTSOH_TYPE_STRING)
        return 1;
    if (n == -1) {
        result->data = user;
        result->length = strlen(user);
        return 5;
    }
    if (n == -2) {
        swapped = hotsoh_slot_swap(swapping, callback, 0, NULL, &error);
        n = 1;
    }
    result->length = args[0].length * (size_t)n;
    result->data = result->length <= result->capacity ? result->buffer : hotsoh_alloc(result->length);
    for (int i = 0; i < n; i++)
        memcpy((char *)result->data + (size_t)i * args[0].length, args[0].data, args[0].length);
    return 0;
}

static hotsoh_status square(void *user, const hotsoh_value *args, uint32_t count, hotsoh_value *result) {
    (void)count;
    ++*(int *)user;
    result->integer = args[0].integer * args[0].integer;
    return 0;
}

static struct {
    hotsoh_function each;
    hotsoh_slot slot;
    uint64_t square;
    int crash;
} nested;

/* Calls the function that it is called by, which is on its way, and another version of it after a swap. */
static hotsoh_status again(void *user, const hotsoh_value *args, uint32_t count, hotsoh_value *result) {
    uint64_t words[2] = {nested.square, 3}, sum = 0;
    (void)user, (void)count;
    if (nested.crash) {
        hotsoh_value kind = text("panic");
        hotsoh_status s = hotsoh_call_name(nested.slot, "hotso_drill", &kind, 1, NULL, NULL, NULL);
        return s == HOTSOH_CRASHED ? 7 : 8;
    }
    hotsoh_status s = hotsoh_invoke(nested.each, words, 2, &sum, NULL);
    if (args[0].integer == 1 && s == HOTSOH_OK) {
        s = hotsoh_slot_swap(nested.slot, callback, 0, NULL, NULL) == HOTSOH_BUSY ? HOTSOH_OK : 1;
        if (s == HOTSOH_OK)
            s = hotsoh_invoke(nested.each, words, 2, &sum, NULL);
    }
    result->integer = (int64_t)sum;
    return s;
}

/* Calls in callbacks of prepared calls, which have a way of their own. */
static void nesting(void) {
    hotsoh_settings settings;
    hotsoh_settings_new(&settings, NULL);
    hotsoh_settings_set(settings, "drain_timeout", "200ms", NULL);
    nested.crash = 0;
    nested.slot = new_slot("callback", settings, callback);
    nested.each = prepared(nested.slot, "Each", NULL);
    int called = 0;
    hotsoh_lent lent[2];
    uint64_t words[2] = {0, 5}, sum = 0;
    check("two lent functions",
          is(hotsoh_lend("func(int32) int64", square, &called, &lent[0], &error), HOTSOH_OK) &&
              is(hotsoh_lend("func(int32) int64", again, NULL, &lent[1], &error), HOTSOH_OK));
    hotsoh_lent_word(lent[0], &nested.square, NULL);
    hotsoh_lent_word(lent[1], &words[0], NULL);
    uint64_t plain[2] = {nested.square, 3};
    for (int i = 0; i < 3; i++)
        check("a plain call", is(hotsoh_invoke(nested.each, plain, 2, &sum, &error), HOTSOH_OK) && sum == 5);
    for (int i = 0; i < 3; i++)
        check("calls in it", is(hotsoh_invoke(nested.each, words, 2, &sum, &error), HOTSOH_OK) && sum == 25);
    nested.crash = 1;
    check("a crash in it", is(hotsoh_invoke(nested.each, words, 2, &sum, &error), HOTSOH_CRASHED));
    check("calls afterwards", is(hotsoh_invoke(nested.each, plain, 2, &sum, &error), HOTSOH_OK) && sum == 5);
    check("close", closed(nested.slot));
    hotsoh_release(lent[0], NULL);
    hotsoh_release(lent[1], NULL);
    hotsoh_release(nested.each, NULL);
    hotsoh_release(settings, NULL);
}

static void callbacks(void) {
    hotsoh_settings settings;
    hotsoh_settings_new(&settings, NULL);
    hotsoh_settings_set(settings, "drain_timeout", "200ms", NULL);
    hotsoh_settings_set(settings, "log_level", "info", NULL);
    check("provide", is(hotsoh_settings_provide(settings, "Greet", "func(string, int32) string", greet,
                                                "not today", &error),
                        HOTSOH_OK));
    check("a signature that is none",
          is(hotsoh_settings_provide(settings, "Other", "func(chan int)", greet, NULL, &error),
             HOTSOH_ARGUMENT));
    hotsoh_slot slot = new_slot("callback", settings, callback);
    char *json = NULL;
    check("a call back", is(hotsoh_call_json(slot, "Greet", "[\"ab\", 3]", &json, NULL, &error), HOTSOH_OK) &&
                             strcmp(json, "\"ababab\"") == 0);
    hotsoh_free(json);
    check("a large result",
          is(hotsoh_call_json(slot, "Greet", "[\"ab\", 3000]", &json, NULL, &error), HOTSOH_OK) &&
              strlen(json) == 6002);
    hotsoh_free(json);
    hotsoh_status s = hotsoh_call_json(slot, "Greet", "[\"ab\", -1]", &json, NULL, &error);
    check("its error", s == HOTSOH_CALL && strstr(error->text, "not today"));
    is(s, HOTSOH_CALL);
    check("on a thread of the library's",
          is(hotsoh_call_json(slot, "GreetElsewhere", "[1]", &json, NULL, &error), HOTSOH_OK));
    hotsoh_free(json);

    int called = 0;
    hotsoh_lent lent;
    check("lend", is(hotsoh_lend("func(int32) int64", square, &called, &lent, &error), HOTSOH_OK));
    hotsoh_value args[2] = {{.type = HOTSOH_TYPE_LENT, .integer = (int64_t)lent}, number(4)}, sum = {0};
    hotsoh_function each = prepared(slot, "Each", NULL);
    s = hotsoh_call(each, args, 2, &sum, NULL, &error);
    check("a lent function", is(s, HOTSOH_OK) && called == 4 && sum.integer > 0);
    check("withdraw", is(hotsoh_release(lent, &error), HOTSOH_OK));
    check("a call with it", is(hotsoh_call(each, args, 2, &sum, NULL, &error), HOTSOH_ARGUMENT));

    hotsoh_value open[2] = {number(100000), text("")};
    hotsoh_stream stream;
    char room[4096];
    size_t n, total = 0;
    check("open a stream", is(hotsoh_stream_open(slot, "Bytes", open, 2, NULL, &stream, &error), HOTSOH_OK));
    while ((s = hotsoh_stream_read(stream, room, sizeof room, &n, &error)) == HOTSOH_OK)
        total += n;
    check("read it", is(s, HOTSOH_END) && total == 100000);
    check("close it", is(hotsoh_release(stream, &error), HOTSOH_OK));
    check("read on", is(hotsoh_stream_read(stream, room, sizeof room, &n, &error), HOTSOH_BAD_HANDLE));
    check("no stream",
          is(hotsoh_stream_open(slot, "Greet", args, 2, NULL, &stream, &error), HOTSOH_ARGUMENT));

    check("log", is(hotsoh_call_name(slot, "Log", NULL, 0, NULL, NULL, &error), HOTSOH_OK));
    int found = 0;
    while (!found && is(hotsoh_event_next(slot, 0, &json, NULL, &error), HOTSOH_OK)) {
        found = strstr(json, "\"kind\":\"log\"") && strstr(json, "\"message\":\"hello\"") &&
                strstr(json, "\"a\":1");
        hotsoh_free(json);
    }
    check("a record", found);

    swapping = slot;
    s = hotsoh_call_json(slot, "Greet", "[\"ab\", -2]", &json, NULL, &error);
    check("a swap inside a callback",
          (is(swapped, HOTSOH_BUSY) || 1) && swapped == HOTSOH_BUSY && s == HOTSOH_OK);
    hotsoh_free(json);
    check("it holds", is(hotsoh_call_json(slot, "Greet", "[\"x\", 1]", &json, NULL, &error), HOTSOH_OK));
    hotsoh_free(json);
    check("close after callbacks", closed(slot));
    hotsoh_release(settings, NULL);
}

static void limits(void) {
    hotsoh_slot slot = new_slot("slow", 0, slow);
    hotsoh_function sleep = prepared(slot, "Sleep", NULL);
    hotsoh_call_options o = {sizeof o, 20000000, NULL, 0};
    hotsoh_value ms = number(300);
    double begin = now();
    check("a call that hangs",
          is(hotsoh_call(sleep, &ms, 1, NULL, &o, &error), HOTSOH_HUNG) && now() - begin < 0.3);
    ms.integer = 0;
    check("one that doesn't", is(hotsoh_call(sleep, &ms, 1, NULL, &o, &error), HOTSOH_OK));
    check("close when it has ended", closed(slot));
}

/* A thread that blocks all signals waits inside, and is freed when the library dies. */
static void *waiter(void *slot) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    hotsoh_value kind = text("wait");
    return (void *)(intptr_t)hotsoh_call_name(*(hotsoh_slot *)slot, "hotso_drill", &kind, 1, NULL, NULL,
                                              NULL);
}

static void waiting(void) {
    hotsoh_slot slot = new_slot("greeter", 0, greeter[0]);
    pthread_t thread;
    void *status;
    pthread_create(&thread, NULL, waiter, &slot);
    char *json = NULL;
    int inside = 0;
    while (!inside && is(hotsoh_slot_versions(slot, &json, &error), HOTSOH_OK)) {
        inside = strstr(json, "\"in_flight\":1") != NULL;
        hotsoh_free(json);
    }
    hotsoh_value kind = text("panic");
    check("a crash", is(hotsoh_call_name(slot, "hotso_drill", &kind, 1, NULL, NULL, &error), HOTSOH_CRASHED));
    pthread_join(thread, &status);
    check("who blocks all signals is freed", (intptr_t)status == HOTSOH_CRASHED);
    check("close after it", closed(slot));
}

static void *closer(void *slot) {
    hotsoh_error *e = NULL;
    hotsoh_status s = hotsoh_close(*(hotsoh_slot *)slot, 0, NULL, &e);
    if (e)
        printf("  %s\n", e->text);
    hotsoh_free(e);
    return (void *)(intptr_t)s;
}

static void closing(void) {
    int good = 1;
    for (int i = 0; i < 10; i++) {
        hotsoh_slot slot = new_slot("greeter", 0, greeter[0]);
        hotsoh_library lib;
        hotsoh_library_open(greeter[1], 0, 0, &lib, NULL);
        hotsoh_handle both[2] = {slot, lib};
        for (int k = 0; k < 2; k++) {
            pthread_t t[2];
            void *result[2];
            for (int j = 0; j < 2; j++)
                pthread_create(&t[j], NULL, closer, &both[k]);
            for (int j = 0; j < 2; j++)
                pthread_join(t[j], &result[j]);
            hotsoh_status a = (hotsoh_status)(intptr_t)result[0], b = (hotsoh_status)(intptr_t)result[1];
            /* The second may find the first at work. */
            int fine = (a == HOTSOH_OK && (b == HOTSOH_OK || b == HOTSOH_BUSY)) ||
                       (b == HOTSOH_OK && a == HOTSOH_BUSY);
            if (!fine)
                printf("  %s and %s\n", hotsoh_status_name(a), hotsoh_status_name(b));
            good = good && fine && is(hotsoh_release(both[k], &error), HOTSOH_OK);
        }
    }
    check("two threads that close", good);
}

/* What a child process can do that was forked: nothing, at once. */
static void child(void) {
    hotsoh_slot slot = new_slot("greeter", 0, greeter[0]);
    hotsoh_function add = prepared(slot, "Add", ADD);
    uint64_t words[2] = {1, 2}, result;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(10); /* it hangs */
        hotsoh_handle h;
        int ok = is(hotsoh_invoke(add, words, 2, &result, &error), HOTSOH_FORKED) &&
                 is(hotsoh_slot_new("x", 0, &h, &error), HOTSOH_FORKED) &&
                 is(hotsoh_slot_swap(slot, greeter[1], 0, NULL, &error), HOTSOH_FORKED) &&
                 is(hotsoh_check(&error), HOTSOH_FORKED) && strcmp(hotsoh_version(), "") != 0;
        fflush(stdout);
        _exit(ok ? 0 : 1);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    check("a forked child", WIFEXITED(status) && WEXITSTATUS(status) == 0);
    check("its parent", is(hotsoh_invoke(add, words, 2, &result, &error), HOTSOH_OK) && result == 3);
    check("close in the parent", closed(slot));
}

/* The program's signals are for its own threads. */
static volatile sig_atomic_t elsewhere, handled;
static pthread_t first;

static void handler(int sig) {
    (void)sig;
    handled++;
    if (!pthread_equal(pthread_self(), first))
        elsewhere++;
}

static void signals(void) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    first = pthread_self();
    sigaction(SIGUSR1, &action, NULL);
    hotsoh_slot slot = new_slot("greeter", 0, greeter[0]);
    for (int i = 0; i < 1000; i++)
        kill(getpid(), SIGUSR1);
    /* While this thread does not take them, nobody does. */
    sigset_t set, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    int before = handled;
    kill(getpid(), SIGUSR1);
    nanosleep(&(struct timespec){0, 20000000}, NULL);
    sigpending(&pending);
    check("a signal waits for the program's thread", handled == before && sigismember(&pending, SIGUSR1));
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    check("no other thread has had one", handled > 0 && elsewhere == 0);
    signal(SIGUSR1, SIG_DFL);
    check("close after signals", closed(slot));
}

int main(int argc, char **argv) {
    if (argc != 7)
        return 2;
    greeter[0] = argv[1];
    greeter[1] = argv[2];
    unsealed = argv[3];
    callback = argv[4];
    slow = argv[5];
    echo = argv[6];
    check("libhotso", is(hotsoh_check(&error), HOTSOH_OK) && hotsoh_abi_version() == HOTSOH_ABI_VERSION);
    calls();
    pointers();
    registers();
    bad_arguments();
    signals();
    swaps();
    events();
    watching();
    callbacks();
    nesting();
    limits();
    closing();
    waiting();
    child();
    crashes();
    printf("end\n");
    return wrong;
}
