/* The smallest file that a host accepts as a hotso library. Tests make millions of
 * damaged copies of it; it is never loaded. */
#include "cabi.h"

HOTSO_EXPORT volatile const hotso_description hotso_descriptor = {
    .magic = "hotso\0\0\1",
    .abi = HOTSO_ABI_VERSION,
};

HOTSO_EXPORT uint64_t hotso_load_config[8];
uint32_t hotso_pending;

const hotso_description *hotso_describe(void) {
    return (const hotso_description *)&hotso_descriptor;
}

hotso_status hotso_start(int64_t timeout_ns) {
    return timeout_ns < 0 ? HOTSO_INVALID : HOTSO_OK;
}

hotso_status hotso_health(int64_t timeout_ns) {
    return hotso_start(timeout_ns);
}

hotso_status hotso_stop(int64_t timeout_ns) {
    return hotso_start(timeout_ns);
}

hotso_status hotso_save(int64_t timeout_ns, char *out, size_t out_cap, size_t *out_len) {
    (void)timeout_ns;
    (void)out;
    (void)out_cap;
    (void)out_len;
    return HOTSO_NO_STATE;
}

hotso_status hotso_restore(int64_t timeout_ns, hotso_cchar *state, size_t state_len) {
    (void)timeout_ns;
    (void)state;
    (void)state_len;
    return HOTSO_NO_STATE;
}

hotso_status hotso_unload(int64_t timeout_ns, hotso_unload_report *report) {
    (void)report;
    return hotso_start(timeout_ns);
}

uint32_t hotso_threads(int32_t *ids, uint32_t cap) {
    (void)ids;
    (void)cap;
    return 0;
}

uint32_t hotso_descriptors(int32_t from, hotso_open_file *out, uint32_t cap) {
    (void)from;
    (void)out;
    (void)cap;
    return 0;
}

void hotso_release(hotso_unload_report *report) {
    (void)report;
}

hotso_status hotso_take(hotso_status status, char *out, size_t out_cap, size_t *out_len) {
    (void)status;
    (void)out;
    (void)out_cap;
    *out_len = 0;
    return HOTSO_GONE;
}

hotso_status hotso_take_status(void) {
    return HOTSO_OK;
}

void hotso_cancel(uintptr_t called) {
    (void)called;
}

hotso_status hotso_drill(hotso_cchar *kind, size_t kind_len) {
    (void)kind;
    (void)kind_len;
    return HOTSO_ERROR;
}

void hotso_free(void *memory) {
    (void)memory;
}

HOTSO_EXPORT int32_t Answer(void) {
    return 42;
}
