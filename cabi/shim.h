/*
 * What the shim's C files share. The shim allows a Go c-shared library to leave a
 * process again: it wraps, at link time, the few C functions by which a Go runtime
 * acquires what belongs to the process. One file per concern:
 *
 *   load.c     who loaded us; runs before the Go runtime starts
 *   start.c    what the first call waits for
 *   enter.c    calls from the host into Go
 *   eject.c    the way out of a call into a dead library
 *   crash      where the Go runtime arrives when it wants to end the process
 *   mask       keeps its code from blocking the signal that ends threads
 *   end.c      what ends the process, called by C code
 *   check.c    checks of C code that fail
 *   fortify.c  and those of buffers that are too small
 *   raise.c    signals that C code sends
 *   ready.c    spares calls the wait for init functions that have ended
 *   thread.c   threads that the library starts
 *   join.c     how its C code waits for them, and cancels them
 *   c11.c      the same functions by their names in C11
 *   memory.c   memory that it maps
 *   file.c     descriptors that it opens
 *   fdonly.c   those that are no files: events, timers, messages
 *   stdio.c    those of C's streams and directories
 *   syscall    the system calls of its Go code, by which it opens them
 *   apart.c    and those that need more than a note
 *   process.c  what there is once in a process
 *   profiler.c timers of the Go runtime's profiler
 *   key.c      pthread keys: what runs when a host's thread ends
 *   heap.c     blocks of the C heap
 *   blocks.c   what is no block, or a free one
 *   locals.c   destructors of C++ thread_local objects
 *   cplusplus.c  memory of the C++ library
 *   signal.c   signal handlers
 *   sigmask.c  blocked signals
 *   quiet.c    signals that the runtime's threads leave to another host
 *   wait.c     waits of its C code that may be left
 *   timer.c    timers of its C code
 *   children.c children of its C code
 *   refuse.c   what C code can't have here: threads and jumps that are libc's own
 *   exits.c    what C code wants called when the library leaves
 *   fork.c     and around fork
 *   forked.c   answers in a forked child of another host
 *   unload.c   the way out
 *   entry.c    the control functions of cabi.h
 *   wraps      what the shim wraps, for hosts to read, and for objects.c
 *   objects.c  the library's own copies of shared objects
 *   host.c     calls into the host
 *
 * crash, mask, and parts of eject, ready and syscall are assembly, a file for each processor;
 * offsets.h is for them.
 */
#ifndef HOTSO_SHIM_H
#define HOTSO_SHIM_H

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/types.h>
#include "cabi.h"

/* A test defines STEP to leave out one of these, to see that the missing step is detected and named:
 *
 *   WRAP_THREAD  threads are not remembered
 *   KILL         threads are not ended
 *   JOIN         ended threads are not joined
 *   WRAP_MEMORY  mappings are not remembered
 *   UNMAP        mappings stay
 *   KEYS         keys are not deleted
 *   KEY_STUB     destructors are called directly
 *   SIGNALS      the process's signal handlers are replaced
 *   ADOPT        the g of an earlier load stays
 *   FILES        files are not remembered
 *   TIMERS       timers are not deleted */
#ifndef STEP
#define STEP(name) 1
#endif

/* Patched by the loader into its private copy; all zero under any other host. */
typedef struct hotso_config {
    uint64_t owner; /* id of this load, never 0 */
    int64_t record; /* offset of a thread's record from its thread pointer */
    uint64_t entry; /* address of the host's dispatch table entry */
    uint64_t call;  /* the host's hotso_host_call, 0 if there is none */
    uint64_t host;  /* handle by which to look up the host's functions */
    uint64_t start; /* where the runtime's start function is in the image, for hotso_begin */
    uint64_t argc, argv;
    uint64_t inits, inits_n;  /* where the pointers to the init functions are in the image, for load.c; */
    uint64_t finis, finis_n;  /* and to the exit functions */
    uint64_t go_low, go_high; /* the Go code in the image, twice 0 if nobody knows */
    uint64_t reclaim;         /* not 0: blocks of the C heap are remembered, and freed at the unload */
    uint64_t files;           /* the soft limit of open files for children, 0: as it is */
} hotso_config;

extern hotso_config hotso_load_config;

/* A shared object that the library has a copy of its own of, see objects.c, in the host's memory. All but
 * base is what the host has found in the file. */
typedef struct hotso_object {
    uint64_t path; /* that it was opened with */
    uint64_t base; /* 0 until it is found */
    uint64_t init, fini;
    uint64_t inits, inits_n, finis, finis_n;
} hotso_object;

/* Patched by the loader into its private copy; all zero if there are none. */
typedef struct hotso_objects {
    uint64_t list, n;     /* what is needed first comes first */
    uint64_t ranges;      /* room for the ranges of their text, and a 0 */
    int64_t locals;       /* offset of their initial-exec variables from the thread pointer, */
    uint64_t locals_size; /* and their bytes */
    char names[4096];     /* for the loader: what the library needs, by its new names */
} hotso_objects;

/* Signals that the host's dispatcher passes on, in the order of cabi/abi. */
enum { HOTSO_SEGV, HOTSO_BUS, HOTSO_FPE, HOTSO_PIPE, HOTSO_URG, HOTSO_PROF, HOTSO_KILL, HOTSO_HANDLED };

#define HOTSO_SLOTS_SIZE (320 * 72) /* all TLS slots of a host, see cabi/abi */
#define HOTSO_KILL_SIGNAL 16        /* SIGSTKFLT, see cabi/abi */

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
    uint32_t fatal; /* not 0 once the runtime has begun to say "fatal error: " */
    uint64_t more;  /* address of further ranges of text, up to one that begins at 0; 0 if there are none */
    uint32_t spare[30];
} hotso_entry;

#define HOTSO_IN_HOST 0x80000000u /* in a depth: the library has called the host, and it has not returned */

/* A thread's record, in a TLS slot of the host's, after the runtime's g. */
typedef struct hotso_record {
    uint64_t owner;              /* id of the load whose g is in the slot */
    uint32_t depth;              /* > 0 while the thread is inside the library, also in HOTSO_IN_HOST */
    uint32_t busy;               /* > 0 while the shim works: the thread must not be ended */
    struct hotso_jump *jump;     /* where an ejected call resumes */
    struct hotso_thread *thread; /* NULL on a thread of the host's */
    uint64_t mask;               /* a host's thread's signal mask outside the library */
    uint64_t missed;             /* not 0 if SIGURG came to a host's thread outside the library */
    uint64_t c_mask;             /* what C code wants blocked on a host's thread */
    struct hotso_wait *wait;     /* the wait that the thread is in, see wait.c */
} hotso_record;

/* The frame of a call into the library. prev is that of the call around it, NULL
 * if there is none. If the host made the call, the lowest bit of prev is set, and the
 * rest is an address in the host's own frame, where the host keeps the jump of the
 * call around, and in the word below what tells this call from others. The frames from
 * there on are the host's, which no ejection may skip. The host itself puts that address
 * into the record and takes it out (host/internal/call), so a thread between the host's
 * code and ours is in no call. */
typedef struct hotso_jump {
    void *buf[5]; /* of __builtin_setjmp */
    uint32_t depth;
    struct hotso_jump *prev;
} hotso_jump;

static inline int by_host(const hotso_jump *j) {
    return (uintptr_t)j & 1;
}

/* A wait of C code, in the frame of its wrapper. */
typedef struct hotso_wait {
    struct hotso_wait *outer;
    uintptr_t function; /* that is called */
    uint32_t busy;      /* of the record, as far as the wrapper has raised it */
} hotso_wait;

/* A thread that the library started. */
typedef struct hotso_thread {
    struct hotso_thread *next;
    void *(*start)(void *);
    void *arg;
    pthread_t handle;
    pid_t tid;
    uint32_t state;    /* THREAD_* */
    uint32_t signaled; /* a kill signal is on its way */
    uint32_t theirs;   /* created joinable: the library's C code joins it, */
    uint32_t joining;  /* and is about to */
    hotso_record *record;
    uint32_t canceled; /* by pthread_cancel: it ends by itself */
    uint32_t bound;    /* C code has started it, and it has called Go */
    uint32_t room;     /* it has room for handlers of its own */
    sem_t ended;       /* posted when it has left the library's code */
    uintptr_t sp;      /* an unused part of its own stack, below run's frame */
    jmp_buf leave;     /* the way back into run */
} hotso_thread;

/* Threads end in the library's own code, and then in waits, too. */
enum { DYING_IN_CODE = 1, DYING_IN_WAITS };

enum { THREAD_UNUSED, THREAD_STARTING, THREAD_RUNNING, THREAD_ENDED };

static inline int hosted(void) {
    return hotso_load_config.entry != 0;
}

static inline hotso_entry *entry(void) {
    return (hotso_entry *)hotso_load_config.entry;
}

/* objects.c: whether an address is in the text of the library's copies of shared objects. */
int objects_have(uintptr_t address);

/* Whether a function is the library's own. A library may define one by itself that has the
 * name of one of libc's, and then the references to it, too, come to our wrapper. */
static inline int own_code(uintptr_t address) {
    return hosted() &&
           ((address >= entry()->text_low && address < entry()->text_high) || objects_have(address));
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

/* Whether the runtime has a g on the thread of the record, in the word before it. */
static inline int has_g(const hotso_record *r) {
    return ((const uint64_t *)r)[-1] != 0;
}

/* Keeps the compiler from moving reads and writes across it: a signal handler on
 * this thread depends on their order. */
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

/* load.c: where the image is. */
uintptr_t image_base(void);

/* load.c: whether the Go runtime's start function has been called. */
int runtime_began(void);

/* load.c: runs the exit functions of the image, once. */
void run_finis(void);

/* objects.c: whether the library has copies of shared objects; runs their init functions, and, once, their
 * exit functions; clears their initial-exec variables of the calling thread. */
int objects_here(void);
void objects_begin(int argc, char **argv, char **envp);
void objects_end(void);
void objects_adopt(void);

/* load.c: if this thread runs the library's init functions, ends that. */
void leave_load(void);

/* load.c: whether this thread runs them, and has not entered the library; has it be as it was before. */
int has_lent_slot(void);
void take_slot_back(void);

/* host.c: calls the host's hotso_host_call; HOTSO_GONE if there is none. */
hotso_status hotso_call_host(uint64_t function, const void *args, size_t args_len, void *out, size_t out_cap,
                             size_t *out_len);

/* host.c: the handle by which to look up the host's functions, 0 if there is none. */
uint64_t hotso_host(void);

/* enter.c: makes the slot of the calling thread this load's. */
void adopt(hotso_record *r);

/* enter.c: runs f(arg) so that the thread can be ejected from it. */
void guarded(void (*f)(void *), void *arg);

/* eject.c: stands for a jump on a thread of the library's that is in no call. */
extern hotso_jump hotso_no_jump;

/* eject.c: the call that an ejection of this thread ends; NULL if it is in none,
 * or is on the way from or to the host. */
hotso_jump *ejectable(hotso_record *r);

/* eject.c: which of the host's calls this thread serves, see hotso_jump; 0 if none. */
uintptr_t host_call(const hotso_record *r);

/* eject.c: whether this thread of the library's may end here: no frame of the
 * host's is on its stack, and it is not in a handler that may have interrupted one. */
int endable(hotso_record *r);

/* eject.c: an ejected thread resumes here, and returns from that call. */
void eject(void);

/* end.c: whether this is the process that a hotso host has loaded us into, not a child of it. */
int contained(void);

/* end.c: ends the library instead of the process. how is HOTSO_CRASH_EXIT or HOTSO_CRASH_SIGNAL,
 * with the status or the signal above it. */
_Noreturn void end_library(uint32_t how, const char *why, ...) __attribute__((format(printf, 2, 3)));

/* end.c: likewise, as abort(3) does: first the handler of C code is called, if there is one. */
_Noreturn void end_by_abort(const char *why, ...) __attribute__((format(printf, 1, 2)));

/* thread.c */
extern uint32_t hotso_dying;     /* not 0 from the first hotso_unload on: DYING_* */
extern uint32_t hotso_ended;     /* a futex: counts the threads that ended, */
extern uint32_t hotso_awaited;   /* and how many of them are awaited: the last one wakes */
hotso_thread *thread_list(void); /* every thread there ever was; entries are reused */
void thread_reap(void);          /* joins those that have ended */
void thread_forget(void);        /* frees the list */
void thread_leave(void);         /* a killed thread resumes here, and ends */
void thread_park(void);          /* waits for ever, in the library's own text */

/* thread.c: the id of the library's thread of that handle, 0 if it has none. */
pid_t thread_id(pthread_t handle);

/* signal.c: what C code wants done with a signal. */
enum { ACTION_DEFAULT, ACTION_IGNORE, ACTION_HANDLER };
int c_action(int sig, struct sigaction *action);

/* signal.c: calls the handler of C code; 0 if it has none. */
int run_handler(int sig, siginfo_t *info, void *context);

/* raise.c: likewise, for a signal that C code sends to itself. */
void call_handler(int sig);

/* signal.c: has the dispatcher call our handler of faults. */
void signals_begin(void);

void signals_asked(hotso_unload_report *report);

/* sigmask.c: takes the signals of faults out of a set. */
void without_faults(sigset_t *set);

/* sigmask.c: whether this thread is one of the library's. */
int on_own_thread(void);

/* sigmask.c: blocks what a thread is to begin with blocked that this thread is about to start. 0 if
 * there is nothing to block; else before is what to set again. */
int inherit_mask(sigset_t *before);
int __wrap_pthread_sigmask(int how, const sigset_t *set, sigset_t *old);
extern hotso_lock hotso_list_lock;         /* for the list, and what its entries say */
int thread_join_ended(pthread_t, void **); /* real; no cancellation point */

/* thread.c: starts a thread when all others have ended; NULL if there is none to be had. */
hotso_thread *thread_last(void *(*start)(void *));

/* cplusplus.c: whether the C++ library is linked into the library. */
int cplusplus_here(void);

/* exits.c: runs the functions for exit(3), or quick_exit(3). */
void run_exits(int status, int quick);

/* exits.c: 1 while the functions for the unload run, on the thread that exits_begin starts. It
 * returns NULL if there is nothing to run, or no more. */
extern uint32_t hotso_leaving;
hotso_thread *exits_begin(void);
void exits_failed(const char *why, va_list args);
void exits_overdue(void);
void exits_forget(hotso_unload_report *report);

/* fork.c */
int forks_running(void);
void forks_forget(void);

/* forked.c: not 0 in a child that was forked after the library was loaded. */
extern uint32_t hotso_forked;
void become_forked(void);

/* forked.c: hands out the message of a status that Go does not know, and makes status that of hotso_take; 0
 * if Go is to be asked. */
int take_own(hotso_status *status, char *out, size_t out_cap, size_t *out_len);

/* forked.c: the answer of an export in a child; export is an address in its code. */
void refuse_forked(const void *export, void *arg, int n);

/* start.c: waits until the runtime has started and init functions have ended, for at most timeout_ns
 * nanoseconds; 0 if that was too short. */
int started_within(int64_t timeout_ns);

/* Whether the library asked for a thread, or for memory, through the wrapped functions. */
int threads_seen(void);
int memory_seen(void);

/* memory.c */
void memory_ranges(hotso_unload_report *report);
void memory_release(hotso_unload_report *report);

/* blocks.c: finds out what there is to be seen of a block; ends the library if it can't be one in use. */
void blocks_learn(void);
void block_check(void *block, const char *function);
void block_given(const void *block); /* by malloc(3) */

/* heap.c */
void heap_release(hotso_unload_report *report);

/* file.c: what is open, and by which file, for the assembly as well */
#define HIDDEN __attribute__((visibility("hidden")))
typedef struct hotso_file {
    uint64_t device, inode; /* both 0: nobody has looked */
} hotso_file;
extern HIDDEN hotso_file hotso_files[];
extern HIDDEN uint64_t hotso_open_files[];
extern HIDDEN pid_t hotso_process; /* id of this process: its children's differ */
void file_opened(int fd);          /* remembers what the caller has just opened */
void files_forget(unsigned first, unsigned last);
int file_ours(int fd);

/* stdio.c */
int file_close_owner(int fd);
void files_left(hotso_unload_report *report);

/* syscall.c: whether a thread that was interrupted at pc is about to note what it has
 * opened or closed. number and result are what its registers have for either. */
int noting(uintptr_t pc, uint64_t number, int64_t result);

/* fdonly.c: remembers the descriptors in the control messages of what was received. */
struct msghdr;
void message_opened(const struct msghdr *m);
/* wait.c: marks this thread as in a wait that may be left; NULL if it can't be, and nobody
 * would. */
hotso_record *wait_begin(hotso_wait *here, uintptr_t function, uint32_t busy);
void wait_end(hotso_record *r, const hotso_wait *here);

/* wait.c: whether a thread may be taken out of the wait that it is in. pc, sp and result are
 * what its registers have for these. */
int may_leave_wait(const hotso_record *r, uintptr_t pc, uintptr_t sp, int64_t result);

/* wait.c: in the handler, before the thread goes on elsewhere. */
void leave_wait(hotso_record *r);

/* timer.c */
void timer_release(hotso_unload_report *report);

/* profiler.c: makes the system call, and returns what the kernel does. */
long profiler_timer(long number, const long *args);
void profiler_release(hotso_unload_report *report);

/* process.c: makes the system call, notes what it changes, and returns what syscall(2) does. */
long process_change(long number, const long *args);
void process_note(int kind); /* HOTSO_CHANGED_* */
void process_changed(hotso_unload_report *report);

/* key.c */
void key_release(hotso_unload_report *report);
/* Has at_thread_exit called when the calling thread ends; 0, or an errno. */
int key_mark_thread(void);

/* locals.c: runs what the calling thread has to run at its end. */
void locals_end_thread(void);
void locals_release(hotso_unload_report *report);

/* unload.c: has an interrupted thread of the library's end. */
void leave_from(void *context);

/* unload.c: the handler of HOTSO_KILL_SIGNAL */
void on_kill(int sig, void *info, void *context);

#endif
