//go:build linux && (amd64 || arm64)

/* Every call from C into Go goes through crosscall2 (runtime/cgo/callbacks.go). */
#include "shim.h"

void __real_crosscall2(void (*fn)(void *), void *arg, int n, size_t ctxt);

/* The g in the slot may be that of an earlier load which had the same slot:
 * its memory is gone. Without a g the runtime binds a new M to this thread. */
void adopt(hotso_record *r) {
    ((uint64_t *)r)[-1] = 0; /* g */
    r->depth = 0;
    r->busy = 0;
    r->jump = 0;
    r->thread = 0;
    signal_fence();
    r->owner = hotso_load_config.owner;
    signal_fence();
}

/* While depth > 0 the dispatcher brings this thread's signals to the library. */
void __wrap_crosscall2(void (*fn)(void *), void *arg, int n, size_t ctxt) {
    if (!hosted()) {
        __real_crosscall2(fn, arg, n, ctxt);
        return;
    }
    hotso_record *r = record();
    if (STEP(ADOPT) && r->owner != hotso_load_config.owner)
        adopt(r);
    r->depth++;
    signal_fence();
    __real_crosscall2(fn, arg, n, ctxt);
    signal_fence();
    r->depth--;
}
