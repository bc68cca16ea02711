/* What the C and the Go code of libhotso know of each other. */
#ifndef LIBHOTSO_EXPORTS_H
#define LIBHOTSO_EXPORTS_H

#include <signal.h>
#include "hotso.h"

/* HOTSOH_OK, or why libhotso can't be used in this process. */
extern hotsoh_status hotso_unusable;

/* Written by Go's init function. */
extern char hotso_version[64];

/* The mask with which a thread loads a library, and back. */
void hotso_mask(sigset_t *old);
void hotso_unmask(const sigset_t *old);

/* Fills *error, if it is not NULL. */
hotsoh_status hotso_fail(hotsoh_error **error, hotsoh_status status, int32_t code, const char *text,
                         size_t text_length, const char *json, size_t json_length);

/* A function that a thread calls directly. */
struct hotso_direct;
typedef struct hotso_place {
    uint64_t function;           /* the handle of a prepared one; 0: none */
    uint64_t released;           /* hotso_released, when that was last known to be one */
    struct hotso_direct *direct; /* NULL: it is called by Go */
    uint32_t skip;               /* so many calls, until it is tried again */
} hotso_place;
enum { HOTSO_PLACES = 32 };

/* How many handles of functions were released. */
extern uint64_t hotso_released;

/* A thread of the program's that has called libhotso. Whether it is inside a library is known by its calls,
 * so it need not be looked at when one is unloaded. There are as many as there were at a time; they are used
 * again. */
typedef struct hotso_thread {
    struct hotso_thread *next;
    int32_t id;                       /* 0: of nobody */
    hotso_place places[HOTSO_PLACES]; /* by the low bits of the handle */
} hotso_thread;
extern hotso_thread *hotso_threads; /* only grows */
/* A shared object's thread-local variables are found by a function, if they are not of this model. Go's are,
 * too. */
#define HOTSO_THREAD_LOCAL __thread __attribute__((tls_model("initial-exec")))
extern HOTSO_THREAD_LOCAL hotso_thread *hotso_me;
void hotso_meet(void);

hotsoh_status hotso_call_back(hotsoh_callback callback, void *user, const hotsoh_value *args, uint32_t count,
                              hotsoh_value *result);

/* Pointers to prepared functions: see pointer.c. */
int32_t hotso_point(hotsoh_function function, uint32_t count, uint32_t floats);
void hotso_unpoint(hotsoh_function function);
void *hotso_pointer_of(int32_t number);
void hotso_forget_error(void);

/* Frees the result of a callback, if hotsoh_alloc has made it. */
void hotso_free_result(void *memory);

#endif
