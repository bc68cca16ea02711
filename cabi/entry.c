/* The control entries: visible C functions, each of which only calls its Go side. */
#include <stdlib.h>
#include <string.h>
#include "shim.h"

/* volatile: hotso build stamps name and version into the linked file, so the
 * compiler must not fold the empty strings it sees here. */
__attribute__((visibility("default"), used)) volatile const hotso_description hotso_descriptor = {
    .magic = {'h', 'o', 't', 's', 'o', 0, 0, 1}, /* a string would have a ninth byte */
    .abi = HOTSO_ABI_VERSION,
#ifdef HOTSO_SHIM
    .flags = HOTSO_FLAG_UNLOAD,
#endif
};

/* In .data, not .bss: the loader patches it in its copy of the file. */
__attribute__((visibility("default"), used, section(".data"))) hotso_config hotso_load_config;

uint32_t hotso_pending;

extern int32_t hotso_go_start(int64_t timeout);
extern int32_t hotso_go_health(int64_t timeout);
extern int32_t hotso_go_stop(int64_t timeout);
extern int32_t hotso_go_save(int64_t timeout_ns, void *out, size_t cap, void *len);
extern int32_t hotso_go_restore(int64_t timeout_ns, void *state, size_t len);
extern int32_t hotso_go_take(int32_t status, void *out, size_t cap, void *len);
extern int32_t hotso_go_take_status(void);
extern int32_t hotso_go_drill(void *kind, size_t len);
extern void hotso_go_cancel(uintptr_t called);
extern int32_t hotso_go_stream_read(uint64_t stream, void *out, size_t cap, void *len);
extern void hotso_go_stream_close(uint64_t stream);
extern int32_t hotso_go_debug(void *what, size_t len, void *stream);

const hotso_description *hotso_describe(void) {
    return (const hotso_description *)&hotso_descriptor;
}

hotso_status hotso_start(int64_t timeout_ns) {
    if (hotso_forked)
        return HOTSO_FORKED;
#ifdef HOTSO_SHIM
    if (!hosted() && timeout_ns > 0 && !started_within(timeout_ns))
        return HOTSO_TIMEOUT;
#endif
    return hotso_go_start(timeout_ns);
}

hotso_status hotso_health(int64_t timeout_ns) {
    return hotso_forked ? HOTSO_FORKED : hotso_go_health(timeout_ns);
}

hotso_status hotso_stop(int64_t timeout_ns) {
    return hotso_forked ? HOTSO_FORKED : hotso_go_stop(timeout_ns);
}

hotso_status hotso_save(int64_t timeout_ns, char *out, size_t out_cap, size_t *out_len) {
    return hotso_forked ? HOTSO_FORKED : hotso_go_save(timeout_ns, out, out_cap, out_len);
}

hotso_status hotso_restore(int64_t timeout_ns, hotso_cchar *state, size_t state_len) {
    return hotso_forked ? HOTSO_FORKED : hotso_go_restore(timeout_ns, (void *)state, state_len);
}

hotso_status hotso_take(hotso_status status, char *out, size_t out_cap, size_t *out_len) {
    return take_own(&status, out, out_cap, out_len) ? status : hotso_go_take(status, out, out_cap, out_len);
}

hotso_status hotso_take_status(void) {
    return hotso_forked ? HOTSO_FORKED : hotso_go_take_status();
}

void hotso_cancel(uintptr_t called) {
    if (!hotso_forked)
        hotso_go_cancel(called);
}

hotso_status hotso_drill(hotso_cchar *kind, size_t kind_len) {
    return hotso_forked ? HOTSO_FORKED : hotso_go_drill((void *)kind, kind_len);
}

hotso_status hotso_stream_read(uint64_t stream, char *out, size_t out_cap, size_t *out_len) {
    return hotso_forked ? HOTSO_FORKED : hotso_go_stream_read(stream, out, out_cap, out_len);
}

void hotso_stream_close(uint64_t stream) {
    if (!hotso_forked)
        hotso_go_stream_close(stream);
}

hotso_status hotso_debug(hotso_cchar *what, size_t what_len, uint64_t *stream) {
    return hotso_forked ? HOTSO_FORKED : hotso_go_debug((void *)what, what_len, stream);
}

/* What hotso_cancel takes for the call that the calling thread serves; 0 on platforms where
 * nobody can name it. */
uintptr_t hotso_called(void) {
#ifdef HOTSO_SHIM
    uintptr_t call = hosted() ? host_call(record()) : 0;
    return call ? call : thread_pointer();
#else
    return 0;
#endif
}

#ifndef HOTSO_SHIM
hotso_status hotso_unload(int64_t timeout_ns, hotso_unload_report *report) {
    memset(report, 0, sizeof *report);
    return HOTSO_INVALID;
}

void hotso_release(hotso_unload_report *report) {
    (void)report;
}

uint32_t hotso_threads(int32_t *ids, uint32_t cap) {
    (void)ids, (void)cap;
    return 0;
}

uint32_t hotso_descriptors(int32_t from, hotso_open_file *out, uint32_t cap) {
    (void)from, (void)out, (void)cap;
    return 0;
}
#endif

void hotso_free(void *memory) {
    free(memory);
}
