/*
 * What the shim's C files share. The shim makes a Go c-shared library leave a
 * process again: it wraps, at link time, the few C functions through which a Go
 * runtime takes hold of one. One file per concern:
 *
 *   load.c     who loaded us; runs before the Go runtime starts
 *   enter.c    calls from the host into Go
 *   eject.c    the way out of a call into a dead library
 *   crash      what the Go runtime meets where it wanted to end the process
 *   mask       how its code never blocks the signal that ends threads
 *   ready.c    what a call need not wait for once the library is up
 *   thread.c   threads that the library starts
 *   memory.c   memory that it maps
 *   file.c     descriptors that its C code opens
 *   key.c      pthread keys: what runs when a host's thread ends
 *   signal.c   signal handlers
 *   unload.c   the way out
 *   entry.c    the control functions of cabi.h
 *   host.c     calls into the host
 *
 * crash, mask, and parts of eject and ready are assembly, a file for each processor;
 * offsets.h is for them.
 */
#ifndef HOTSO_SHIM_H
#define HOTSO_SHIM_H

#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/types.h>
#include "cabi.h"

/* A test builds a library with -DHOTSO_SKIP=HOTSO_STEP_x to see that the
 * missing step is found out and named. */
enum {
    HOTSO_STEP_NONE,
    HOTSO_STEP_WRAP_THREAD, /* threads are not remembered */
    HOTSO_STEP_KILL,        /* threads are not ended */
    HOTSO_STEP_JOIN,        /* ended threads are not joined */
    HOTSO_STEP_WRAP_MEMORY, /* mappings are not remembered */
    HOTSO_STEP_UNMAP,       /* mappings stay */
    HOTSO_STEP_KEYS,        /* keys are not deleted */
    HOTSO_STEP_KEY_STUB,    /* destructors are called directly */
    HOTSO_STEP_SIGNALS,     /* the process's signal handlers are replaced */
    HOTSO_STEP_ADOPT,       /* the g of an earlier load stays */
    HOTSO_STEP_FILES        /* files are not remembered */
};
#ifndef HOTSO_SKIP
#define HOTSO_SKIP HOTSO_STEP_NONE
#endif
#define STEP(name) (HOTSO_SKIP != HOTSO_STEP_##name)

/* Patched by the loader into its private copy; all zero under any other host. */
typedef struct hotso_config {
    uint64_t owner; /* id of this load, never 0 */
    int64_t record; /* offset of a thread's record from its thread pointer */
    uint64_t entry; /* address of the host's dispatch table entry */
    uint64_t call;  /* the host's hotso_host_call, 0 if there is none */
    uint64_t host;  /* its handle that finds functions */
    uint64_t spare[3];
} hotso_config;

extern hotso_config hotso_load_config;

/* Signals that the host's dispatcher hands on; order of cabi/abi. */
enum { HOTSO_SEGV, HOTSO_BUS, HOTSO_FPE, HOTSO_PIPE, HOTSO_URG, HOTSO_PROF, HOTSO_KILL, HOTSO_HANDLED };

#define HOTSO_KILL_SIGNAL 16 /* SIGSTKFLT, see cabi/abi */

enum { HOTSO_FREE, HOTSO_LIVE, HOTSO_DYING };

/* This load's entry of the host's dispatch table: the host's memory, which
 * outlives the library. The host's assembly reads it in signal handlers. */
typedef struct hotso_entry {
    uint64_t owner;
    int64_t record;
    uint64_t text_low, text_high;
    uint32_t state;
    uint32_t exiting;
    uint64_t key_dtor; /* called by key_stub, with the thread marked as inside */
    uint64_t key_stub; /* the host's permanent function for pthread_key_create */
    uint64_t handlers[HOTSO_HANDLED];
    int32_t crash_fd;
    uint32_t crashed;
    int32_t crash_message;
    int32_t probe;  /* a descriptor that the library's poller watches */
    uint32_t fatal; /* not 0 once the runtime has begun to say "fatal error: " */
    uint32_t spare[31];
} hotso_entry;

/* A thread's record, in a TLS slot of the host's behind the runtime's g. */
typedef struct hotso_record {
    uint64_t owner;              /* whose g is in the slot */
    uint32_t depth;              /* > 0 while the thread is inside the library */
    uint32_t busy;               /* > 0 while the shim works: not to be ended here */
    struct hotso_jump *jump;     /* where an ejected call goes on */
    struct hotso_thread *thread; /* NULL on a thread of the host's */
    uint64_t mask;               /* a host's thread's signal mask outside the library */
    uint64_t missed;             /* not 0: SIGURG came to a thread of the host's outside the library */
    uint64_t spare;
} hotso_record;

/* The frame of a call into the library. prev is that of the call around it, NULL
 * if there is none. If the host made the call, the lowest bit of prev is set: it is
 * then the address where the host keeps the call around, in its own frame. The
 * frames from there on are the host's, which no ejection may skip. The host puts
 * that address into the record itself, and takes it out (host/internal/call), so
 * a thread between the host's code and ours is in no call. */
typedef struct hotso_jump {
    void *buf[5]; /* of __builtin_setjmp */
    uint32_t depth;
    struct hotso_jump *prev;
} hotso_jump;

/* A thread that the library started. */
typedef struct hotso_thread {
    struct hotso_thread *next;
    void *(*start)(void *);
    void *arg;
    pthread_t handle;
    pid_t tid;
    uint32_t state;    /* THREAD_* */
    uint32_t signaled; /* a kill signal is on its way */
    uint32_t theirs;   /* created joinable: the library's C code joins it */
    uintptr_t sp;      /* a free place on its own stack, under run's frame */
    jmp_buf leave;     /* the way back into run */
} hotso_thread;

enum { THREAD_UNUSED, THREAD_STARTING, THREAD_RUNNING, THREAD_ENDED };

static inline int hosted(void) {
    return hotso_load_config.entry != 0;
}

static inline hotso_entry *entry(void) {
    return (hotso_entry *)hotso_load_config.entry;
}

static inline uintptr_t thread_pointer(void) {
    uintptr_t tp = 0;
#if defined(__x86_64__)
    __asm__("mov %%fs:0, %0" : "=r"(tp)); /* the TCB's first word points to itself */
#elif defined(__aarch64__)
    __asm__("mrs %0, tpidr_el0" : "=r"(tp));
#endif
    return tp;
}

static inline hotso_record *record(void) {
    return (hotso_record *)(thread_pointer() + hotso_load_config.record);
}

/* What follows must not be moved across by the compiler: a signal handler on
 * this thread reads it. */
static inline void signal_fence(void) {
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* busy_begin keeps this thread from being ended until busy_end: a thread that
 * ends while it holds one of the shim's locks would keep it for good. */
static inline hotso_record *busy_begin(void) {
    hotso_record *r = record();
    if (r->owner != hotso_load_config.owner)
        return NULL; /* a thread of the host's, loading us: nobody ends it */
    r->busy++;
    signal_fence();
    return r;
}

static inline void busy_end(hotso_record *r) {
    signal_fence();
    if (r)
        r->busy--;
}

typedef uint32_t hotso_lock;

static inline void lock(hotso_lock *l) {
    while (__atomic_exchange_n(l, 1, __ATOMIC_ACQUIRE))
        while (__atomic_load_n(l, __ATOMIC_RELAXED))
            ;
}

static inline void unlock(hotso_lock *l) {
    __atomic_store_n(l, 0, __ATOMIC_RELEASE);
}

/* host.c: hotso_host_call of the host, HOTSO_GONE if there is none. */
hotso_status hotso_call_host(uint64_t function, const void *args, size_t args_len, void *out, size_t out_cap,
                             size_t *out_len);

/* host.c: the host's handle that finds functions, 0 if there is none. */
uint64_t hotso_host(void);

/* enter.c: makes the slot of the calling thread this load's. */
void adopt(hotso_record *r);

/* enter.c: runs f(arg) so that the thread can be ejected from it. */
void guarded(void (*f)(void *), void *arg);

/* eject.c: in place of a jump on a thread of the library's that is in no call. */
extern hotso_jump hotso_no_jump;

/* eject.c: the call that an ejection of this thread ends; NULL if it is in none,
 * or is on the way from or to the host. */
hotso_jump *ejectable(hotso_record *r);

/* eject.c: whether this thread of the library's may end here: no frame of the
 * host's is under it, and it is not in a handler that may have interrupted one. */
int endable(hotso_record *r);

/* eject.c: where an ejected thread goes on: behind that call. */
void eject(void);

/* thread.c */
extern uint32_t hotso_dying;     /* 1 from the first hotso_unload on */
extern uint32_t hotso_ended;     /* a futex: counts the threads that ended */
hotso_thread *thread_list(void); /* every thread there ever was; entries are reused */
void thread_reap(void);          /* joins those that have ended */
void thread_forget(void);        /* frees the list */
void thread_leave(void);         /* where a killed thread goes on: ends it */
void thread_park(void);          /* waits for ever, in the library's own text */

/* memory.c */
int memory_seen(void);
void memory_release(hotso_unload_report *report);

/* file.c */
void files_left(hotso_unload_report *report);

/* key.c */
void key_release(hotso_unload_report *report);

/* unload.c: the handler of HOTSO_KILL_SIGNAL */
void on_kill(int sig, void *info, void *context);

#endif
