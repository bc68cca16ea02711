/*
 * cabi.h: the contract of every hotso library.
 *
 * A hotso library is an ordinary shared object. Open it with dlopen(3) and
 * RTLD_NOW, look its functions up with dlsym(3), and call them; nothing here
 * needs to be linked. Compiles as C99 and C++17.
 *
 * CALLS
 *   Integers and floating point numbers travel by value, with fixed widths.
 *   A string or byte sequence travels as a pointer and a length; it need not
 *   end in NUL and may contain NUL. The library only reads it, during the call.
 *   A text or byte result goes into a buffer of the caller's:
 *
 *       hotso_status f(..., char *out, size_t out_cap, size_t *out_len);
 *
 *   On HOTSO_OK, *out_len bytes of out are filled. If out_cap is too small,
 *   the kind of the status is HOTSO_TOO_SMALL, *out_len is the size it needs,
 *   and hotso_take hands the result out: the function must not run again.
 *   A slice of numbers travels as a pointer to the first and their count. As a
 *   result it travels as text does, but out_cap and *out_len count numbers, while
 *   hotso_take counts bytes.
 *   A struct of numbers travels as a pointer to it, which the library only reads.
 *   A scalar or struct result beside a status is stored through a pointer:
 *   f(..., T *result).
 *   A function that returns a plain value has no status; if it panics it
 *   returns 0, and hotso_take_status returns the status.
 *
 * OWNERSHIP
 *   The caller owns every buffer it passes, before, during and after a call.
 *   A char * that is returned is the caller's: free it with hotso_free of the
 *   same library, never with free(3) of another C library.
 *
 * THREADS
 *   Every function may be called from any thread, at the same time.
 *
 * FORK
 *   A Go runtime does not survive fork(2): of its threads only the one that forked is in
 *   the child. So in a child that was forked after the library was loaded, everything that
 *   returns a status returns HOTSO_FORKED at once, and other functions return 0 while
 *   hotso_take_status returns HOTSO_FORKED. What does not enter Go works: hotso_describe,
 *   hotso_free, and hotso_take for the message. Load after the fork, or start the child
 *   by posix_spawn(3). So it is on linux/amd64 and linux/arm64, under hosts that are no hotso
 *   hosts; elsewhere only the functions of this file answer so.
 *
 * THE DUTY OF A HOST
 *   Call hotso_start once and wait for HOTSO_OK before the first other call.
 */
#ifndef HOTSO_CABI_H
#define HOTSO_CABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HOTSO_ABI_VERSION 1

#define HOTSO_EXPORT __attribute__((visibility("default")))

/* 0 is success. Otherwise the kind in the low 8 bits and, above them, the id
 * under which hotso_take finds bytes. A status is never negative. */
typedef int32_t hotso_status;

enum {
    HOTSO_OK = 0,
    HOTSO_TOO_SMALL = 1, /* the result did not fit: hotso_take has it */
    HOTSO_ERROR = 2,     /* the function failed: hotso_take has the message */
    HOTSO_PANIC = 3,     /* the function panicked: hotso_take has value and stack */
    HOTSO_INVALID = 4,   /* an argument is not acceptable: hotso_take has the message */
    HOTSO_GONE = 5,      /* from hotso_take: nothing is kept under that status */
    HOTSO_TIMEOUT = 6,   /* a hook did not end in time: hotso_take has the message */
    HOTSO_NO_STATE = 7,  /* from hotso_save and hotso_restore: the library keeps no state */
    HOTSO_END = 8,       /* from hotso_stream_read: there is no more */
    HOTSO_FORKED = 9     /* this process was forked after the library was loaded */
};

#define HOTSO_KIND(status) ((status)&0xff)

/* For libraries, written by hotso gen where there is ELF: the export f returns a status. It
 * goes into a section of its own, by which the answer in a forked child is found. */
#define HOTSO_RETURNS_STATUS(f) extern __typeof__(f) f __attribute__((section("hotso_status")))

/* cgo has no way to write const in the type of an exported function. */
typedef const char hotso_cchar;
typedef const uint8_t hotso_cbyte;
typedef const int8_t hotso_cint8;
typedef const int16_t hotso_cint16;
typedef const int32_t hotso_cint32;
typedef const int64_t hotso_cint64;
typedef const uint16_t hotso_cuint16;
typedef const uint32_t hotso_cuint32;
typedef const uint64_t hotso_cuint64;
typedef const float hotso_cfloat;
typedef const double hotso_cdouble;

/* What a library is. Constant data, readable before and without any call. */
typedef struct hotso_description {
    char magic[8];  /* "hotso\0\0\1" */
    uint32_t abi;   /* HOTSO_ABI_VERSION it was built for */
    uint32_t flags; /* HOTSO_FLAG_* */
    char name[64];  /* NUL-terminated; empty in a library that was not sealed */
    char version[64];
} hotso_description;

#define HOTSO_FLAG_UNLOAD 1u /* a hotso host can truly unload it */

/* The library's description; the library owns it, valid while it is loaded.
 * Does not need the Go runtime. */
HOTSO_EXPORT const hotso_description *hotso_describe(void);

/* Waits for the Go runtime and the library's init functions, then runs its
 * start hooks, each within timeout_ns nanoseconds (0: no limit). HOTSO_TIMEOUT if the
 * first are not ready in time (on Linux; elsewhere there is no limit for them): it may be
 * called again, and until it returns HOTSO_OK no call may be made but hotso_take for that status. */
HOTSO_EXPORT hotso_status hotso_start(int64_t timeout_ns);

/* HOTSO_OK while the library's health hooks say so. */
HOTSO_EXPORT hotso_status hotso_health(int64_t timeout_ns);

/* Runs the stop hooks, for a library whose hotso_start returned HOTSO_OK. No call
 * may follow but hotso_take, hotso_unload and hotso_release. */
HOTSO_EXPORT hotso_status hotso_stop(int64_t timeout_ns);

/* Writes the library's state into out, like every byte result, within timeout_ns
 * nanoseconds (0: no limit). No other call should be inside the library: what it
 * changes might be saved or not. With out_len NULL it only asks: HOTSO_OK if there
 * is a state to save, HOTSO_NO_STATE if not; nothing is saved. */
HOTSO_EXPORT hotso_status hotso_save(int64_t timeout_ns, char *out, size_t out_cap, size_t *out_len);

/* Gives the library a state that hotso_save of some version wrote, within timeout_ns
 * nanoseconds. It is only read, during the call; state_len may be 0. With state NULL
 * it only asks: HOTSO_OK if the library takes a state, HOTSO_NO_STATE if not. */
HOTSO_EXPORT hotso_status hotso_restore(int64_t timeout_ns, hotso_cchar *state, size_t state_len);

/* What hotso_unload and hotso_release found and what they freed: a host compares the two. */
enum { HOTSO_UNLOAD_THREADS = 16 };
typedef struct hotso_range {
    uintptr_t low, high; /* high is the first address after it */
} hotso_range;
/* What there is once in a process, and a library may change for all that is in it. */
enum {
    HOTSO_CHANGED_DIRECTORY, /* chdir */
    HOTSO_CHANGED_UMASK,
    HOTSO_CHANGED_LIMITS, /* setrlimit */
    HOTSO_CHANGED_ENVIRONMENT,
    HOTSO_CHANGED_LOCALE,
    HOTSO_CHANGED_IDS,        /* setuid, setgroups, capset, ... */
    HOTSO_CHANGED_SCHEDULING, /* of a thread of the host's, or of more */
    HOTSO_CHANGED_SESSION,    /* setsid, setpgid */
    HOTSO_CHANGED_NAMESPACES, /* unshare, setns, chroot */
    HOTSO_CHANGED_LOCKS,      /* mlockall */
    HOTSO_CHANGED_ATTRIBUTES, /* prctl, seccomp, personality */
    HOTSO_CHANGES
};

typedef struct hotso_unload_report {
    uint32_t threads; /* that the library had started */
    uint32_t threads_ended;
    int32_t ids[HOTSO_UNLOAD_THREADS]; /* of the first that ended or, with HOTSO_TIMEOUT, that did not */
    uint32_t keys;                     /* pthread keys */
    uint32_t keys_deleted;
    uint64_t mappings;
    uint64_t mappings_freed;
    uint64_t bytes; /* of the mappings */
    uint64_t bytes_freed;
    uint64_t blocks; /* of the C heap, if they were remembered */
    uint64_t blocks_freed;
    uint64_t block_bytes;
    const uint64_t *files;     /* bit n: the library left descriptor n open; the library's memory */
    uint64_t files_words;      /* their length */
    const hotso_range *ranges; /* what hotso_release will unmap; the library's memory, as long */
    uint64_t ranges_len;
    const uint32_t *signals; /* how often C code asked for a change of signal n; 0: for a signal stack */
    uint64_t signals_n;      /* their length */
    const char *exit_error;  /* why C code's exit functions did not all run, or empty; the library's memory */
    int64_t threads_ns;      /* nanoseconds that it took to end the threads */
    int64_t memory_ns;       /* and to free the rest */
    uint64_t files_closed;   /* descriptors of streams and directories, with which they were closed */
    uint32_t timers;         /* of its profiler and its C code */
    uint32_t timers_deleted;
    const uint32_t *changes; /* how often it changed the process, by HOTSO_CHANGED_* */
    uint64_t changes_n;      /* their length */
} hotso_unload_report;

/* Ends the library's threads. hotso_release may follow, no other call. Only for a hotso
 * host, which prepared the library for it when it loaded it: HOTSO_INVALID otherwise.
 * HOTSO_TIMEOUT if a thread does not return from C code within timeout_ns:
 * then nothing was unmapped, and it may be called again. The caller owns
 * *report. No call may be inside the library. */
HOTSO_EXPORT hotso_status hotso_unload(int64_t timeout_ns, hotso_unload_report *report);

/* Writes the ids of the threads that the library has started and that run, at most cap of
 * them, and returns how many it has written. Any thread may call it until hotso_release. */
HOTSO_EXPORT uint32_t hotso_threads(int32_t *ids, uint32_t cap);

/* A descriptor that the library has opened. */
typedef struct hotso_open_file {
    uint64_t device, inode; /* of its file then; both 0: not known */
    int32_t number;
    int32_t spare;
} hotso_open_file;

/* Writes the descriptors that the library has opened and not closed, from number from on and at most
 * cap of them, in the order of their numbers, and returns how many it has written. Any thread may
 * call it until hotso_release. */
HOTSO_EXPORT uint32_t hotso_descriptors(int32_t from, hotso_open_file *out, uint32_t cap);

/* Frees the library's memory and keys, once hotso_unload has ended its threads and the host
 * knows that no other thread comes back to either. It adds to the same report; what is in
 * files is for the host to close. dlclose may follow, no other call. */
HOTSO_EXPORT void hotso_release(hotso_unload_report *report);

/* Moves the bytes kept for a status into out. If they don't fit, the kind is
 * HOTSO_TOO_SMALL, *out_len is the size, and they stay; else they are
 * forgotten. The last 1024 are kept. For a host that has called hotso_set_host all
 * are, for a minute, because such a host must take all of them. Works on any thread. */
HOTSO_EXPORT hotso_status hotso_take(hotso_status status, char *out, size_t out_cap, size_t *out_len);

/* Returns and forgets the status of the last function that panicked on this thread
 * without a status to return; HOTSO_OK if there is none. It need only be called
 * while hotso_pending is not 0. */
HOTSO_EXPORT hotso_status hotso_take_status(void);

/* How many threads have such a status waiting. Read it atomically. */
HOTSO_EXPORT extern uint32_t hotso_pending;

/* Tells a call that its caller no longer waits. The call is named by the pointer of the
 * thread that makes it (psABI: fs:0 on amd64, TPIDR_EL0 on arm64); a hotso host has a name
 * for each call, as a thread may make the next one by now. A call that does not ask
 * (cabi.Context) never knows; one of hotso_start, hotso_health or hotso_stop has its hooks know. */
HOTSO_EXPORT void hotso_cancel(uintptr_t called);

/* Ends the library's Go runtime in the way that kind names, for a drill: a hotso
 * host survives and takes the library out, any other host dies with it. Some kinds
 * only stay inside until the runtime is ended. HOTSO_ERROR with the list of kinds if
 * there is no such kind. kind is only read, during the call. */
HOTSO_EXPORT hotso_status hotso_drill(hotso_cchar *kind, size_t kind_len);

/* CALLS FROM THE LIBRARY INTO ITS HOST
 *   One function of the host's carries them all. It runs on the thread that calls,
 *   which may be one that the library started; it must be callable from any, at
 *   the same time, until the library is unloaded.
 *
 *   function   the handle of what is called; its lower 16 bits are not 0
 *   args       the arguments, each in whole 8-byte words, aligned to 8:
 *              a number in the low bytes of one word; a string, bytes or slice of
 *              numbers as a word with the count and then the elements; a struct
 *              in its C layout. The library's; valid during the call.
 *   out        where the result goes, in the same form; the library's
 *
 *   Status: HOTSO_OK; HOTSO_ERROR or HOTSO_PANIC, and out holds the message, as
 *   plain bytes; HOTSO_GONE, there is no such function. If *out_len is larger than
 *   out_cap, nothing was written, and the library fetches it as below.
 *
 *   Two services have a handle whose lower 16 bits are 0, the one that the host gave
 *   to hotso_set_host; the first word of args says which:
 *   0        find a function: its name and its signature follow, two strings; the
 *            result is its handle, one word. HOTSO_ERROR if there is none.
 *            The signature reads "func(int32, string) (int64, error)".
 *   not 0    this status came with more bytes than fitted: they are the result. */
typedef hotso_status (*hotso_host_call)(uint64_t function, const void *args, size_t args_len, void *out,
                                        size_t out_cap, size_t *out_len);

/* Tells the library how to call its host, and the handle that looks functions up.
 * Call it before hotso_start; init functions that run earlier find no host. Does
 * not need the Go runtime. NULL takes it back. Optional: a library may lack it. */
HOTSO_EXPORT void hotso_set_host(hotso_host_call call, uint64_t host);

/* CALLBACKS
 *   A parameter that is a function travels as a handle, a uint64_t that the host makes up:
 *   the upper 48 bits say which function, and should not be used for another one
 *   later; the lower 16 bits are not 0. A host that never called hotso_set_host has
 *   none. Before it calls, the library looks the function up: hotso_host_call gets the
 *   handle with the lower 16 bits 0, as above with an empty name and the signature
 *   that the library's header gives; the result is the handle to call.
 *   A handle is valid during the call that it is passed to. Afterwards, and for 0, the
 *   host answers HOTSO_GONE, which is an error for the code that calls. The library
 *   may call from any thread, also at the same time. */

/* STREAMS
 *   A function whose result does not fit into one call returns a stream: a uint64_t
 *   through a pointer beside a status. Read it to its end or close it; a stream
 *   that nobody reads for two minutes closes itself.
 *
 * The next bytes of a stream: what there is, at most out_cap. HOTSO_END at its end,
 * HOTSO_ERROR if it broke off; then it is closed. HOTSO_TOO_SMALL if the next piece
 * is not divisible: hotso_take has it. One read of a stream at a time. */
HOTSO_EXPORT hotso_status hotso_stream_read(uint64_t stream, char *out, size_t out_cap, size_t *out_len);

/* Closes a stream, even while it is being read; one that is already closed is ignored. */
HOTSO_EXPORT void hotso_stream_close(uint64_t stream);

/* Begins a stream of what the library knows of itself: "pprof/heap", "pprof/profile?seconds=5",
 * "vars", or what else it has registered (cabi.OnDebug). hotso_stream_read does not wait for it:
 * HOTSO_OK without any byte says that there is nothing yet. HOTSO_INVALID if the library has nothing
 * under that name. what is only read, during the call. Optional: a library may lack it. */
HOTSO_EXPORT hotso_status hotso_debug(hotso_cchar *what, size_t what_len, uint64_t *stream);

/* Frees what a function of this library returned for the caller to own. NULL is ignored. */
HOTSO_EXPORT void hotso_free(void *memory);

#ifdef __cplusplus
}
#endif

#endif
