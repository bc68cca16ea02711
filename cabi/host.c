/* Calls from the library into its host.
 *
 * The thread stays marked as inside the library meanwhile (enter.c), and that is
 * right: a fault in the host's code, and in what that calls, goes to the host, because the
 * dispatcher looks at the program counter, and at HOTSO_IN_HOST; the preemption signals of this library's
 * runtime still reach the thread, so that the runtime never waits for one in vain; and the kill signal spares
 * a thread that is not in the library's own code, and is sent again later. */
#include "shim.h"

void hotso_set_host(hotso_host_call call, uint64_t host) {
    __atomic_store_n(&hotso_load_config.host, host, __ATOMIC_RELAXED);
    __atomic_store_n(&hotso_load_config.call, (uint64_t)(uintptr_t)call, __ATOMIC_RELEASE);
}

/* Tells the host, by a bit of the handle, that this is not one of its own threads: on such
 * a thread a function of the host's runs on a goroutine that must not be ended. */
static uint64_t own_thread(void) {
#ifdef HOTSO_SHIM
    enum { OWN_THREAD = 1 << 15 }; /* OwnThread of cabi/abi */
    if (hosted() && on_own_thread())
        return OWN_THREAD;
#endif
    return 0;
}

/* The depth before, 0 on a thread that is not inside the library. A call that is ejected meanwhile has it in
 * its jump. */
static uint32_t mark_in_host(void) {
#ifdef HOTSO_SHIM
    if (hosted() && record()->owner == hotso_load_config.owner && record()->depth) {
        uint32_t depth = record()->depth;
        record()->depth = depth | HOTSO_IN_HOST;
        signal_fence();
        return depth;
    }
#endif
    return 0;
}

static void mark_back(uint32_t depth) {
#ifdef HOTSO_SHIM
    signal_fence();
    if (depth)
        record()->depth = depth;
#else
    (void)depth;
#endif
}

hotso_status hotso_call_host(uint64_t function, const void *args, size_t args_len, void *out, size_t out_cap,
                             size_t *out_len) {
    hotso_host_call call =
        (hotso_host_call)(uintptr_t)__atomic_load_n(&hotso_load_config.call, __ATOMIC_ACQUIRE);
    if (!call)
        return HOTSO_GONE;
    uint32_t depth = mark_in_host();
    hotso_status status = call(function | own_thread(), args, args_len, out, out_cap, out_len);
    mark_back(depth);
    return status;
}

uint64_t hotso_host(void) {
    return __atomic_load_n(&hotso_load_config.call, __ATOMIC_ACQUIRE)
               ? __atomic_load_n(&hotso_load_config.host, __ATOMIC_RELAXED)
               : 0;
}
