/*
 * hotso.h: hot code for programs in any language.
 *
 * libhotso.so loads, calls, swaps, unloads and survives hotso libraries, as Go
 * hosts do with package host. Link with -lhotso (pkg-config hotso), or open it
 * with dlopen(3). It stays in the process: dlclose does not take it out. One
 * process has one copy of it; the functions of a second answer
 * HOTSOH_SECOND_COPY.
 *
 * All names begin with hotsoh_ or HOTSOH_, "h" for host: those of cabi.h, which
 * belong to the libraries, begin with hotso_. Compiles as C99 and C++17. For a
 * parser without a preprocessor, drop the lines that begin with #, those of
 * extern "C", and the word HOTSOH_API.
 *
 * STATUS AND ERRORS
 *   Functions return a hotsoh_status, HOTSOH_OK if all is well. No function ends
 *   the process, or lets a panic out. The last parameter of most is
 *   hotsoh_error **error: it may be NULL; otherwise *error is written if, and
 *   only if, the status is not HOTSOH_OK, and the caller frees it with
 *   hotsoh_free. It is a parameter, and not kept for the thread, because the
 *   threads of many languages are not what they seem: after a call a coroutine
 *   or virtual thread may go on on another one.
 *
 * OWNERSHIP
 *   The caller owns what it passes, and libhotso does not keep it: strings,
 *   arrays and values may be freed when the function has returned. (A call that
 *   was left behind, see HOTSOH_HUNG, works on a copy.) What a function returns
 *   through char ** or hotsoh_error ** is the caller's, and is freed with
 *   hotsoh_free. If such a parameter is NULL, nothing is returned there. What is
 *   returned as const char * is libhotso's, for ever. Strings end in NUL and are
 *   UTF-8; bytes have a length beside them.
 *
 * HANDLES
 *   What libhotso keeps is named by a handle, a number that is never used twice
 *   and never 0. One that was released, or is of another kind than the function
 *   wants, is HOTSOH_BAD_HANDLE. Each is given back with hotsoh_release.
 *
 * THREADS
 *   Every function may be called from any thread, at the same time, also with
 *   the same handle, and from a callback, if nothing else is said at it. Not
 *   from a signal handler.
 *   A child process that was forked (fork(2)) after libhotso was loaded has none
 *   of its threads: functions answer HOTSOH_FORKED there. Load libhotso in the
 *   child, or start the child by exec.
 *
 * BLOCKING
 *   An int64_t timeout_ns is in nanoseconds, and 0 says that there is no limit
 *   but those of the settings. Functions without one do not wait for libraries,
 *   files or other threads, where nothing else is said.
 *
 * JSON
 *   What is large and seldom is JSON, with the members of the Go types named
 *   there; times are RFC 3339, durations nanoseconds. New members may come.
 */
#ifndef HOTSO_HOTSO_H
#define HOTSO_HOTSO_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef HOTSOH_API
#define HOTSOH_API __attribute__((visibility("default")))
#endif

/* Only grows: functions, statuses, settings and members of JSON are added, never changed. */
#define HOTSOH_ABI_VERSION 1

typedef int32_t hotsoh_status;

/* Those from 1 to 99 are the errors of package host, by the same names and with
 * the same meaning. */
enum {
    HOTSOH_OK = 0,

    HOTSOH_NOT_FOUND = 1, /* there is no such file, or it can't be read */

    /* The file was judged before any of its code ran, and is not loaded. */
    HOTSOH_REFUSED = 2,
    HOTSOH_NOT_ELF = 3,     /* not an ELF shared object */
    HOTSOH_MACHINE = 4,     /* for another processor */
    HOTSOH_CORRUPT = 5,     /* its structure contradicts itself */
    HOTSOH_NOT_LIBRARY = 6, /* a shared object, but not a hotso library */
    HOTSOH_SANITIZER = 7,   /* built with -race, -asan or -msan */
    HOTSOH_ABI = 8,         /* built for another version of cabi.h */
    HOTSOH_UNSEALED = 9,    /* no manifest; see the setting allow_unsealed */
    HOTSOH_SEAL = 10,       /* not what was sealed: changed or damaged */
    HOTSOH_UNSIGNED = 11,   /* keys are trusted, and it is not signed */
    HOTSOH_UNTRUSTED = 12,  /* no trusted key verifies its signature */
    HOTSOH_NEEDED = 13,     /* keys are trusted, and it needs what nobody vouches for */
    HOTSOH_DOWNGRADE = 14,  /* older than the version that serves */
    HOTSOH_NAME = 15,       /* another name than the slot's, or its file's */
    HOTSOH_FUNCTION = 16,   /* a function is missing */
    HOTSOH_SIGNATURE = 17,  /* a function has another signature */
    HOTSOH_CONTRACT = 18,   /* a contract is not served compatibly */

    /* It can't be loaded, started or unloaded now. */
    HOTSOH_LOAD = 20,        /* the dynamic linker refused it, or a resource is missing */
    HOTSOH_START = 21,       /* its start hook failed or took too long */
    HOTSOH_UNHEALTHY = 22,   /* its health hook says so */
    HOTSOH_CONFLICT = 23,    /* it has a file open that another version has as well */
    HOTSOH_BUSY = 24,        /* something else has to end first */
    HOTSOH_LEFT = 25,        /* it ended, and something of it is left in the process */
    HOTSOH_CLOSED = 26,      /* the library, slot or stream was closed */
    HOTSOH_EMPTY = 27,       /* the slot has no version yet */
    HOTSOH_UNSUPPORTED = 28, /* this platform or library can't do that */

    /* A call. */
    HOTSOH_CALL = 30,           /* the function returned an error */
    HOTSOH_PANIC = 31,          /* the function panicked; the library lives on */
    HOTSOH_ARGUMENT = 32,       /* an argument is not acceptable; also of functions of libhotso */
    HOTSOH_HUNG = 33,           /* it did not return in time, and may still be inside */
    HOTSOH_TOO_MANY_CALLS = 34, /* as many are inside as may be; it was not begun */
    HOTSOH_CRASHED = 35,        /* the library's runtime has ended; the process goes on */
    HOTSOH_CRASH_LOOP = 36,     /* the version crashed too often */
    HOTSOH_TOO_MANY = 37,       /* no further library can be loaded */

    /* Swaps. */
    HOTSOH_STATE = 40,       /* the state could not be handed over */
    HOTSOH_EXCLUSIVE = 41,   /* only one version may be live */
    HOTSOH_PAUSED = 42,      /* one version took over from another for too long; the call was not begun */
    HOTSOH_TWO_STATES = 43,  /* a canary and its version would each have a state */
    HOTSOH_NONE_BEFORE = 44, /* there is no version to go back to */
    HOTSOH_CANARY = 45,      /* a canary runs */
    HOTSOH_NO_CANARY = 46,   /* no canary runs, any more */

    /* Of libhotso itself. */
    HOTSOH_BAD_HANDLE = 100,  /* released, of another kind, or never given out */
    HOTSOH_TIMEOUT = 101,     /* timeout_ns is over */
    HOTSOH_END = 102,         /* a stream has no more; a queue is empty for good */
    HOTSOH_FORKED = 103,      /* this process was forked after libhotso was loaded */
    HOTSOH_SECOND_COPY = 104, /* another copy of libhotso was loaded before this one */
    HOTSOH_NO_MEMORY = 105,   /* malloc failed */
    HOTSOH_INTERNAL = 106     /* libhotso panicked: please report the text */
};

/* An error. One piece of memory, which hotsoh_free frees with all in it. */
typedef struct hotsoh_error {
    hotsoh_status status;
    int32_t code;     /* of a crash: exit status or signal number, else 0 */
    const char *text; /* one line for people: what, where, why, and what to do */
    /* All of it: status, name, text; and as far as they are known file, library, version,
     * step, reason, cause, advice, function, message (of a call: with the stack of a panic),
     * panicked, and crash (Go: host.Crash). */
    const char *json;
} hotsoh_error;

/* The status's name in lower case, "crash_loop" for HOTSOH_CRASH_LOOP; "unknown" if there is none.
 * Works in a forked child and a second copy, too. */
HOTSOH_API const char *hotsoh_status_name(hotsoh_status status);

/* The version of libhotso, "1.2.0" or "devel". Works in a forked child and a second copy, too. */
HOTSOH_API const char *hotsoh_version(void);

/* The HOTSOH_ABI_VERSION that libhotso was built with. Works in a forked child and a second copy, too. */
HOTSOH_API int32_t hotsoh_abi_version(void);

/* HOTSOH_OK if libhotso can be used in this process, or HOTSOH_FORKED or HOTSOH_SECOND_COPY. */
HOTSOH_API hotsoh_status hotsoh_check(hotsoh_error **error);

/* Takes back the signals that libraries need (SIGSEGV, SIGBUS, SIGFPE, SIGPIPE, SIGURG, SIGPROF, SIGSTKFLT),
 * and says which of them others have taken since the last time: *taken is a JSON array of objects with
 * signal, handler (its address), and object (the name of the file that has it, if there is one). Their
 * handlers stay, and are called for what no library has to do with. It is done before and after each swap,
 * too, which tells the slot's queue. Call it when something has installed handlers of its own: until then a
 * nil dereference in a library may end the process. */
HOTSOH_API hotsoh_status hotsoh_signals(char **taken, hotsoh_error **error);

/* Frees what a function of libhotso returned for the caller to own; NULL is ignored. Works in a
 * forked child, too. */
HOTSOH_API void hotsoh_free(void *memory);

/* Memory for the result of a callback; NULL if there is none. See hotsoh_callback. */
HOTSOH_API void *hotsoh_alloc(size_t size);

typedef uint64_t hotsoh_handle;
typedef hotsoh_handle hotsoh_settings; /* how a library or slot is to behave */
typedef hotsoh_handle hotsoh_library;  /* one version, loaded */
typedef hotsoh_handle hotsoh_slot;     /* a name whose version can be replaced while it is called */
typedef hotsoh_handle hotsoh_target;   /* a library or a slot: where calls go */
typedef hotsoh_handle hotsoh_function; /* a function of a target, prepared */
typedef hotsoh_handle hotsoh_lent;     /* a function of the program, lent to a library */
typedef hotsoh_handle hotsoh_stream;   /* a result that is read piece by piece */
typedef hotsoh_handle hotsoh_watch;    /* a directory that is being watched */

/* Gives a handle back, whatever it names. A slot or library must be closed before, else it is
 * HOTSOH_BUSY and stays. A stream is closed, a watch ended, a lent function withdrawn; calls that are
 * using the handle go on to their end. Waits for nothing, except that a watch which is swapping goes on
 * until that is done. */
HOTSOH_API hotsoh_status hotsoh_release(hotsoh_handle handle, hotsoh_error **error);

/* VALUES */

enum {
    HOTSOH_TYPE_NONE = 0, /* no result */
    HOTSOH_TYPE_BOOL = 1,
    HOTSOH_TYPE_INT8 = 2,
    HOTSOH_TYPE_INT16 = 3,
    HOTSOH_TYPE_INT32 = 4,
    HOTSOH_TYPE_INT64 = 5,
    HOTSOH_TYPE_UINT8 = 6,
    HOTSOH_TYPE_UINT16 = 7,
    HOTSOH_TYPE_UINT32 = 8,
    HOTSOH_TYPE_UINT64 = 9,
    HOTSOH_TYPE_FLOAT32 = 10,
    HOTSOH_TYPE_FLOAT64 = 11,
    HOTSOH_TYPE_STRING = 12, /* UTF-8, length in bytes; need not end in NUL */
    HOTSOH_TYPE_STRUCT = 13, /* in its C layout, length in bytes */
    HOTSOH_TYPE_LENT = 14,   /* a parameter that is a function: a hotsoh_lent in integer */

    /* Slices: the type of the elements and 32. Length in elements. */
    HOTSOH_TYPE_INT8S = 34,
    HOTSOH_TYPE_INT16S = 35,
    HOTSOH_TYPE_INT32S = 36,
    HOTSOH_TYPE_INT64S = 37,
    HOTSOH_TYPE_BYTES = 38, /* of uint8 */
    HOTSOH_TYPE_UINT16S = 39,
    HOTSOH_TYPE_UINT32S = 40,
    HOTSOH_TYPE_UINT64S = 41,
    HOTSOH_TYPE_FLOAT32S = 42,
    HOTSOH_TYPE_FLOAT64S = 43
};

/* A value. The type says which members count; set the others to 0.
 *
 * As an argument a number of any type does for a parameter of any number's type that has its value.
 *
 * As a result: buffer and capacity are the caller's, set before the call; both may be 0. A string,
 * slice or struct that fits goes there, and data is buffer; else data is memory of libhotso's,
 * which the caller frees with hotsoh_free. Either way length is its size. The function runs once.
 *
 *     char room[256];
 *     hotsoh_value greeting = {.buffer = room, .capacity = sizeof room};
 *     ...
 *     if (greeting.data != room)
 *         hotsoh_free((void *)greeting.data);
 */
typedef struct hotsoh_value {
    int32_t type;     /* HOTSOH_TYPE_*; of a result: set by libhotso */
    int32_t reserved; /* 0 */
    int64_t integer;  /* bool, integers (uint64: the same bits), lent functions */
    double number;    /* float32, float64 */
    const void *data; /* strings, slices, structs */
    size_t length;    /* of data: elements of a slice, else bytes */
    void *buffer;     /* where a result may go */
    size_t capacity;  /* of buffer, counted as length is */
} hotsoh_value;

/* SETTINGS
 *
 * Defaults, and what each means, are those of the option of package host of that name. Durations are
 * written as Go does ("1.5s", "250ms"), sizes and counts as decimal numbers, switches "true" or "false".
 *
 *   allow_downgrade     switch  a swap may go to an older version
 *   allow_unsealed      switch  libraries without a manifest, as go build alone makes them
 *   blue_green          time    the version before is kept loaded for that long after a swap
 *   call_timeout        time    bounds every call
 *   cancel_grace        time    how long a call whose time is over may take to return
 *   check_file_name     switch  the file must be called lib<name>.v<version>.so
 *   crash_limit         number  crashes within crash_window that make a crash loop
 *   crash_window        time    in which they count
 *   drain_timeout       time    a swap or close waits that long for the calls inside
 *   environ             text    NAME=value, a variable of the library's environment, or NAME: none.
 *                               Set more than once, all count
 *   event_queue         number  items that the slot's queue keeps; default 1024
 *   exclusive           switch  only one version may be live at a time
 *   force_unload        switch  ends a version whose calls outlive the drain timeout
 *   handover_timeout    time    calls wait that long while a state is handed over
 *   health_timeout      time    of each health hook
 *   kill_hung           switch  ends a version when a call does not return in time
 *   log_level           text    "debug", "info", "warn", "error" or a number: log records of libraries
 *                               from that level on go to the slot's queue; default: none
 *   max_calls           number  calls that are inside a version at a time
 *   max_calls_wait      time    how long further ones wait for a place
 *   max_procs           number  GOMAXPROCS of the library
 *   memory_limit        number  GOMEMLIMIT of the library, in bytes
 *   on_disk             text    directory for the private copy, for debuggers
 *   probation           time    the version before is kept warm, and goes on serving if the new one fails
 *   reclaim_c           switch  memory that the library's C code leaves is freed
 *   refuse_conflicts    switch  a version is refused that opens a file that another one has open
 *   rule_calls          number  calls before rule_errors says anything
 *   rule_errors         number  share of calls that may fail on probation or in a canary: 0 to 1
 *   rule_health         time    how often health hooks are asked
 *   start_timeout       time    of the load and each start hook
 *   stop_timeout        time    of each stop hook
 *   takeover_timeout    time    calls wait that long while an exclusive version takes over
 *   trust_key           text    a public key of minisign, as text. Once one is set, only libraries signed
 *                               with one of them are loaded. Set more than once, all count
 */

/* New settings, all defaults. One may be used for any number of libraries and slots; what is set
 * later does not change those. */
HOTSOH_API hotsoh_status hotsoh_settings_new(hotsoh_settings *settings, hotsoh_error **error);

/* HOTSOH_ARGUMENT if there is no such setting, or the value is not one for it. */
HOTSOH_API hotsoh_status hotsoh_settings_set(hotsoh_settings settings, const char *name, const char *value,
                                             hotsoh_error **error);

/* A function of the program that libraries call (cabi.Host1, or the handle of an argument). It runs on the
 * thread that called, which may be one that the library started, at the same time on several,
 * and as early as in the library's init functions. It must return: no longjmp, no C++
 * exception, no end of the thread. It may call any function of libhotso, but one that waits for
 * a swap or close of its own caller waits for the drain timeout.
 *
 *   user    as it was given
 *   args    count arguments, of the types of its signature; libhotso's, valid until it returns
 *   result  its type is set, of the signature's result. For a string, slice or struct set data and
 *           length: to buffer, which has room for capacity; to memory of hotsoh_alloc, which
 *           libhotso frees; or to other memory, which it copies at once. Anything else is
 *           HOTSOH_ARGUMENT for who called
 *
 * Returns 0, or anything else for an error, whose message is then what data and length say. */
typedef hotsoh_status (*hotsoh_callback)(void *user, const hotsoh_value *args, uint32_t count,
                                         hotsoh_value *result);

/* Provides a function to libraries under a name. The signature is written as Go does, without names:
 * "func(string, int64) float64"; a library that uses another one gets an error, and so does its
 * call when the callback does not return 0. At most three parameters; more go into a struct.
 * callback and user must be valid as long as a library that was opened with the settings is loaded. */
HOTSOH_API hotsoh_status hotsoh_settings_provide(hotsoh_settings settings, const char *name,
                                                 const char *signature, hotsoh_callback callback, void *user,
                                                 hotsoh_error **error);

/* LIBRARIES AND SLOTS */

/* Describes the library at path, and runs none of its code (Go: host.Inspect; JSON: host.Description). It is
 * refused as by hotsoh_library_open. settings may be 0. */
HOTSOH_API hotsoh_status hotsoh_inspect(const char *path, hotsoh_settings settings, char **description,
                                        hotsoh_error **error);

/* Reads, verifies, loads and starts the library at path. When it returns HOTSOH_OK it can be called.
 * settings may be 0. Blocks until then, or until timeout_ns is over. */
HOTSOH_API hotsoh_status hotsoh_library_open(const char *path, hotsoh_settings settings, int64_t timeout_ns,
                                             hotsoh_library *library, hotsoh_error **error);

/* Makes an empty slot for libraries of that name ("greeter" for libgreeter.v2.so). Calls get HOTSOH_EMPTY
 * until the first swap. settings may be 0. */
HOTSOH_API hotsoh_status hotsoh_slot_new(const char *name, hotsoh_settings settings, hotsoh_slot *slot,
                                         hotsoh_error **error);

/* Replaces the slot's version by the library at path, which is read, verified, loaded, started and
 * checked while the old one serves. If that fails the old one goes on serving. Returns when the calls inside
 * the old one have come back and it was unloaded. With HOTSOH_BUSY and HOTSOH_LEFT the swap may hold all the
 * same, and *swap (JSON: host.Swap) says so; with other errors *swap is NULL.
 * Called in a callback of the slot's own library, it waits for its own caller, for the drain
 * timeout; HOTSOH_BUSY then, and the swap holds. */
HOTSOH_API hotsoh_status hotsoh_slot_swap(hotsoh_slot slot, const char *path, int64_t timeout_ns, char **swap,
                                          hotsoh_error **error);

/* Goes back to the version before; as hotsoh_slot_swap. */
HOTSOH_API hotsoh_status hotsoh_slot_rollback(hotsoh_slot slot, int64_t timeout_ns, char **swap,
                                              hotsoh_error **error);

/* Has the library at path serve percent of the calls, beside the current version. terms may be NULL, or JSON
 * with any of: "keys", an array of the keys whose calls all go to it (hotsoh_call_options); and,
 * as conditions for a promotion by itself, "calls", "after" (nanoseconds) and "errors" (host.Promotion).
 * *version (JSON: host.VersionInfo) is its entry in hotsoh_slot_versions. */
HOTSOH_API hotsoh_status hotsoh_slot_canary(hotsoh_slot slot, const char *path, double percent,
                                            const char *terms, int64_t timeout_ns, char **version,
                                            hotsoh_error **error);

/* Changes how many of the calls go to the canary. keys may be NULL, or a JSON array of strings. */
HOTSOH_API hotsoh_status hotsoh_slot_set_share(hotsoh_slot slot, double percent, const char *keys,
                                               hotsoh_error **error);

/* Makes the canary the current version; as hotsoh_slot_swap. */
HOTSOH_API hotsoh_status hotsoh_slot_promote(hotsoh_slot slot, int64_t timeout_ns, char **swap,
                                             hotsoh_error **error);

/* Ends the canary; its calls go on with the current version. JSON: host.Report. */
HOTSOH_API hotsoh_status hotsoh_slot_abort(hotsoh_slot slot, int64_t timeout_ns, char **report,
                                           hotsoh_error **error);

/* What the slot has seen, oldest first (JSON: array of host.VersionInfo). */
HOTSOH_API hotsoh_status hotsoh_slot_versions(hotsoh_slot slot, char **versions, hotsoh_error **error);

/* Forgets all crashes: versions in a crash loop may be loaded again. */
HOTSOH_API hotsoh_status hotsoh_slot_forgive(hotsoh_slot slot, hotsoh_error **error);

/* Describes the library that serves, with its functions and their signatures (JSON: host.Description). */
HOTSOH_API hotsoh_status hotsoh_describe(hotsoh_target target, char **description, hotsoh_error **error);

/* Runs the health hooks of the library that serves, within the setting health_timeout. */
HOTSOH_API hotsoh_status hotsoh_health(hotsoh_target target, hotsoh_error **error);

/* Refuses new calls, waits for those inside, at most for the drain timeout or timeout_ns, then stops and
 * unloads. *report (JSON: host.Report) says what was freed and what is left; it is NULL if there was no
 * version, and may come beside HOTSOH_LEFT and HOTSOH_BUSY: then what is left is let go when the last call
 * returns. Either way the target is closed. Closing twice, or on two threads, returns the same. The
 * handle stays until hotsoh_release. */
HOTSOH_API hotsoh_status hotsoh_close(hotsoh_target target, int64_t timeout_ns, char **report,
                                      hotsoh_error **error);

/* WATCHING A DIRECTORY */

/* Swaps the slot to the newest complete version that is in dir (files called lib<slot>.v<version>.so), and
 * again whenever a newer one comes, until the handle is released or the slot is closed. Each attempt is an
 * item in the slot's queue, of kind "watch". */
HOTSOH_API hotsoh_status hotsoh_watch_start(hotsoh_slot slot, const char *dir, hotsoh_watch *watch,
                                            hotsoh_error **error);

/* EVENTS
 *
 * Each slot has a queue of what happens to it. An item is JSON with a member "kind":
 *   "event"  a step in the life of a version, and the members of host.Event; "error" if there is one
 *   "log"    a record of a library: time, level (number), message, library, version, attributes (object)
 *   "watch"  an attempt of hotsoh_watch_start: path, version, "swap" (host.Swap) if it holds, "error" if not,
 *            with the members of hotsoh_error's json
 *   "signal" a signal whose handler others had taken: time, and the members that hotsoh_signals has
 * When it is full, the oldest log record goes first, then the oldest of the others; they are counted. */

/* Takes the oldest item. Waits for one for timeout_ns nanoseconds: 0 for not at all, less than 0 for ever.
 * HOTSOH_TIMEOUT if none came, HOTSOH_END if the slot is closed and none will; neither writes
 * *error. *dropped, which may be NULL, is how many were dropped since the last item that was taken; it is
 * written with HOTSOH_OK. */
HOTSOH_API hotsoh_status hotsoh_event_next(hotsoh_slot slot, int64_t timeout_ns, char **item,
                                           uint64_t *dropped, hotsoh_error **error);

/* A descriptor for poll(2) and event loops, readable while there is an item, or there will be none any
 * more. Do not read or close it; it is closed by hotsoh_release of the slot, and the same each time. */
HOTSOH_API hotsoh_status hotsoh_event_fd(hotsoh_slot slot, int32_t *fd, hotsoh_error **error);

/* CALLS */

/* How one call is to be made; NULL for no limit and no key. A call with a limit runs on a thread of
 * libhotso's, which costs half a microsecond: only so can the caller leave. */
typedef struct hotsoh_call_options {
    size_t size;        /* sizeof(hotsoh_call_options) */
    int64_t timeout_ns; /* HOTSOH_HUNG when it is over; 0: no limit but the settings' */
    const char *key;    /* which calls go to a canary, or NULL; not NUL-terminated */
    size_t key_length;
} hotsoh_call_options;

/* Calls a function by name with count arguments. result may be NULL. Blocks until the function
 * returns. Errors are HOTSOH_CALL, HOTSOH_PANIC, HOTSOH_CRASHED, HOTSOH_HUNG, HOTSOH_CLOSED, HOTSOH_EMPTY,
 * HOTSOH_PAUSED, HOTSOH_TOO_MANY_CALLS, HOTSOH_FUNCTION, HOTSOH_ARGUMENT, and HOTSOH_TIMEOUT if the time
 * was over before the call began; then *result is not written. */
HOTSOH_API hotsoh_status hotsoh_call_name(hotsoh_target target, const char *name, const hotsoh_value *args,
                                          uint32_t count, hotsoh_value *result,
                                          const hotsoh_call_options *options, hotsoh_error **error);

/* The same with JSON: args is an array, *result the result's text, "null" if there is none. Bytes are base64,
 * a struct is an object, NaN and the infinities are strings. */
HOTSOH_API hotsoh_status hotsoh_call_json(hotsoh_target target, const char *name, const char *args,
                                          char **result, const hotsoh_call_options *options,
                                          hotsoh_error **error);

/* Prepares a function: hotsoh_call and hotsoh_invoke on it look nothing up. The signature is written as Go
 * does, "func(string, int32) string", without names and error; HOTSOH_SIGNATURE if the function has another
 * one. NULL takes that which the function has now. For a slot it is a promise: from then on, a version
 * without that function, or with another signature, is refused. The slot may be empty, if a signature is
 * given. */
HOTSOH_API hotsoh_status hotsoh_prepare(hotsoh_target target, const char *name, const char *signature,
                                        hotsoh_function *function, hotsoh_error **error);

/* The signature of a prepared function, as text. */
HOTSOH_API hotsoh_status hotsoh_signature(hotsoh_function function, char **signature, hotsoh_error **error);

/* Calls a prepared function; otherwise as hotsoh_call_name. */
HOTSOH_API hotsoh_status hotsoh_call(hotsoh_function function, const hotsoh_value *args, uint32_t count,
                                     hotsoh_value *result, const hotsoh_call_options *options,
                                     hotsoh_error **error);

/* The fast way, for generated code. The arguments are words of 8 bytes, in the order of the parameters:
 * a number in the low bytes of one word (the others do not matter), a float32 or float64 by its bits; a
 * string or slice two words, address and length; a struct one word, its address. HOTSOH_ARGUMENT if count is
 * not the number of words that the signature takes.
 *
 * result is one word for a number, and may be NULL without a result. For a struct it is one word, the
 * address of where it goes, set before the call. For a string or slice it is two words: before the call
 * address and capacity of a buffer (elements), afterwards address and length, where the address is that of
 * the buffer if it fitted, else memory to free with hotsoh_free.
 *
 * Nothing is allocated for numbers. There is no limit but the settings'. */
HOTSOH_API hotsoh_status hotsoh_invoke(hotsoh_function function, const uint64_t *args, uint32_t count,
                                       uint64_t *result, hotsoh_error **error);

/* A C function by which a prepared function is called as if it were the library's own, for languages where
 * each argument costs more than the call: for "func(int32, float64) int64" it is int64_t f(int32_t, double).
 * Only for parameters and results that are numbers or bool, at most six and, of floats, eight more;
 * HOTSOH_UNSUPPORTED for others, and but on amd64. It may be used until the function is released. There are
 * at most 1024 at a time: HOTSOH_TOO_MANY.
 *
 * It returns 0 if the call failed. Then hotsoh_take_error says why, on the same thread. */
HOTSOH_API hotsoh_status hotsoh_pointer(hotsoh_function function, void **pointer, hotsoh_error **error);

/* The status and error of the last call by such a pointer that failed on this thread, which it forgets;
 * HOTSOH_OK if there is none. It need only be called while *hotsoh_pending() is not 0. */
HOTSOH_API hotsoh_status hotsoh_take_error(hotsoh_error **error);

/* Where it is counted how many threads have such an error waiting; the same each time. */
HOTSOH_API const uint32_t *hotsoh_pending(void);

/* CALLBACKS AND STREAMS */

/* Lends a function to libraries, for a parameter that is a function: pass *lent as a value of
 * HOTSOH_TYPE_LENT, or what hotsoh_lent_word says as a word or a JSON number. The signature as for
 * hotsoh_settings_provide. Release it when the calls that it is for have returned: later calls of the
 * library get an error, those under way go on, and callback and user must be valid until these have ended. */
HOTSOH_API hotsoh_status hotsoh_lend(const char *signature, hotsoh_callback callback, void *user,
                                     hotsoh_lent *lent, hotsoh_error **error);

/* The word by which a library calls a lent function. */
HOTSOH_API hotsoh_status hotsoh_lent_word(hotsoh_lent lent, uint64_t *word, hotsoh_error **error);

/* Calls a function that returns a stream. options->timeout_ns is for the whole stream. While it is
 * open its version stays: a swap waits for it as for a call. Release it. */
HOTSOH_API hotsoh_status hotsoh_stream_open(hotsoh_target target, const char *name, const hotsoh_value *args,
                                            uint32_t count, const hotsoh_call_options *options,
                                            hotsoh_stream *stream, hotsoh_error **error);

/* Reads the next bytes, at most capacity, and blocks until there are some. HOTSOH_END at the end,
 * which does not write *error. One thread at a time. */
HOTSOH_API hotsoh_status hotsoh_stream_read(hotsoh_stream stream, void *buffer, size_t capacity,
                                            size_t *length, hotsoh_error **error);

#ifdef __cplusplus
}
#endif

#endif
