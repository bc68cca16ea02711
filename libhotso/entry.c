/* The functions of hotso.h. */
#include <string.h>
#include "_cgo_export.h"
#include "directly.h"
#include "exports.h"

char hotso_version[64] = "devel";

const char *hotsoh_version(void) {
    if (!hotso_unusable)
        version_known();
    return hotso_version;
}

int32_t hotsoh_abi_version(void) {
    return HOTSOH_ABI_VERSION;
}

static hotsoh_status refuse(hotsoh_error **error, hotsoh_status status, const char *text, const char *json) {
    return hotso_fail(error, status, 0, text, strlen(text), json, strlen(json));
}

#define FORKED                                                                                               \
    "this process was forked after libhotso was loaded, and has none of its threads: load it in the child, " \
    "or start the child by exec"
#define SECOND "another copy of libhotso was loaded into this process before: use that one"
#define NULL_ARGUMENT "an argument that must not be NULL is"

#define JSON(status, name, text) "{\"status\":" #status ",\"name\":\"" name "\",\"text\":\"" text "\"}"

/* Nothing of Go may run here: its runtime hangs in a forked child. */
static hotsoh_status unusable(hotsoh_error **error) {
    if (hotso_unusable == HOTSOH_FORKED)
        return refuse(error, HOTSOH_FORKED, FORKED, JSON(103, "forked", FORKED));
    return refuse(error, HOTSOH_SECOND_COPY, SECOND, JSON(104, "second_copy", SECOND));
}

static hotsoh_status null_argument(hotsoh_error **error) {
    return refuse(error, HOTSOH_ARGUMENT, NULL_ARGUMENT, JSON(32, "argument", NULL_ARGUMENT));
}

/* Leaves the function if libhotso can't be used, or one of the addresses is missing. */
#define CHECK(addresses)                                                                                     \
    do {                                                                                                     \
        if (hotso_unusable)                                                                                  \
            return unusable(error);                                                                          \
        if (!(addresses))                                                                                    \
            return null_argument(error);                                                                     \
        if (!hotso_me)                                                                                       \
            hotso_meet();                                                                                    \
    } while (0)

hotsoh_status hotsoh_check(hotsoh_error **error) {
    return hotso_unusable ? unusable(error) : HOTSOH_OK;
}

hotsoh_status hotsoh_release(hotsoh_handle handle, hotsoh_error **error) {
    CHECK(1);
    return release(handle, error);
}

hotsoh_status hotsoh_settings_new(hotsoh_settings *settings, hotsoh_error **error) {
    CHECK(settings);
    return settings_new(settings, error);
}

hotsoh_status hotsoh_settings_set(hotsoh_settings settings, const char *name, const char *value,
                                  hotsoh_error **error) {
    CHECK(name && value);
    return settings_set(settings, (char *)name, (char *)value, error);
}

hotsoh_status hotsoh_settings_provide(hotsoh_settings settings, const char *name, const char *signature,
                                      hotsoh_callback callback, void *user, hotsoh_error **error) {
    CHECK(name && signature && callback);
    return settings_provide(settings, (char *)name, (char *)signature, callback, user, error);
}

hotsoh_status hotsoh_inspect(const char *path, hotsoh_settings settings, char **description,
                             hotsoh_error **error) {
    CHECK(path);
    return inspect((char *)path, settings, description, error);
}

hotsoh_status hotsoh_library_open(const char *path, hotsoh_settings settings, int64_t timeout_ns,
                                  hotsoh_library *library, hotsoh_error **error) {
    CHECK(path && library);
    return library_open((char *)path, settings, timeout_ns, library, error);
}

hotsoh_status hotsoh_slot_new(const char *name, hotsoh_settings settings, hotsoh_slot *slot,
                              hotsoh_error **error) {
    CHECK(name && slot);
    return slot_new((char *)name, settings, slot, error);
}

hotsoh_status hotsoh_slot_swap(hotsoh_slot slot, const char *path, int64_t timeout_ns, char **swap,
                               hotsoh_error **error) {
    CHECK(path);
    return slot_swap(slot, (char *)path, timeout_ns, swap, error);
}

hotsoh_status hotsoh_slot_rollback(hotsoh_slot slot, int64_t timeout_ns, char **swap, hotsoh_error **error) {
    CHECK(1);
    return slot_rollback(slot, timeout_ns, swap, error);
}

hotsoh_status hotsoh_slot_canary(hotsoh_slot slot, const char *path, double percent, const char *terms,
                                 int64_t timeout_ns, char **version, hotsoh_error **error) {
    CHECK(path);
    return slot_canary(slot, (char *)path, percent, (char *)terms, timeout_ns, version, error);
}

hotsoh_status hotsoh_slot_set_share(hotsoh_slot slot, double percent, const char *keys,
                                    hotsoh_error **error) {
    CHECK(1);
    return slot_set_share(slot, percent, (char *)keys, error);
}

hotsoh_status hotsoh_slot_promote(hotsoh_slot slot, int64_t timeout_ns, char **swap, hotsoh_error **error) {
    CHECK(1);
    return slot_promote(slot, timeout_ns, swap, error);
}

hotsoh_status hotsoh_slot_abort(hotsoh_slot slot, int64_t timeout_ns, char **report, hotsoh_error **error) {
    CHECK(1);
    return slot_abort(slot, timeout_ns, report, error);
}

hotsoh_status hotsoh_signals(char **taken, hotsoh_error **error) {
    CHECK(1);
    return signals(taken, error);
}

hotsoh_status hotsoh_slot_versions(hotsoh_slot slot, char **versions, hotsoh_error **error) {
    CHECK(1);
    return slot_versions(slot, versions, error);
}

hotsoh_status hotsoh_slot_forgive(hotsoh_slot slot, hotsoh_error **error) {
    CHECK(1);
    return slot_forgive(slot, error);
}

hotsoh_status hotsoh_describe(hotsoh_target target, char **description, hotsoh_error **error) {
    CHECK(1);
    return describe(target, description, error);
}

hotsoh_status hotsoh_health(hotsoh_target target, hotsoh_error **error) {
    CHECK(1);
    return health(target, error);
}

hotsoh_status hotsoh_close(hotsoh_target target, int64_t timeout_ns, char **report, hotsoh_error **error) {
    CHECK(1);
    return close_target(target, timeout_ns, report, error);
}

hotsoh_status hotsoh_watch_start(hotsoh_slot slot, const char *dir, hotsoh_watch *watch,
                                 hotsoh_error **error) {
    CHECK(dir && watch);
    return watch_start(slot, (char *)dir, watch, error);
}

hotsoh_status hotsoh_event_next(hotsoh_slot slot, int64_t timeout_ns, char **item, uint64_t *dropped,
                                hotsoh_error **error) {
    CHECK(1);
    return event_next(slot, timeout_ns, item, dropped, error);
}

hotsoh_status hotsoh_event_fd(hotsoh_slot slot, int32_t *fd, hotsoh_error **error) {
    CHECK(fd);
    return event_fd(slot, fd, error);
}

/* Options of this version and of older ones, which are shorter. */
static int copy_options(hotsoh_call_options *to, const hotsoh_call_options *from) {
    memset(to, 0, sizeof *to);
    if (!from)
        return 1;
    if (from->size < offsetof(hotsoh_call_options, key) || from->size > 4096)
        return 0;
    memcpy(to, from, from->size < sizeof *to ? from->size : sizeof *to);
    return to->key ? to->key_length >> 48 == 0 : to->key_length == 0;
}

#define OPTIONS "the size of hotsoh_call_options is not set, or its key is NULL or longer than any memory"
#define COPY_OPTIONS                                                                                         \
    hotsoh_call_options o;                                                                                   \
    if (!copy_options(&o, options))                                                                          \
    return refuse(error, HOTSOH_ARGUMENT, OPTIONS, JSON(32, "argument", OPTIONS))

hotsoh_status hotsoh_call_name(hotsoh_target target, const char *name, const hotsoh_value *args,
                               uint32_t count, hotsoh_value *result, const hotsoh_call_options *options,
                               hotsoh_error **error) {
    CHECK(name && (args || !count));
    COPY_OPTIONS;
    return call_name(target, (char *)name, (hotsoh_value *)args, count, result, o.timeout_ns, (char *)o.key,
                     o.key_length, error);
}

hotsoh_status hotsoh_call_json(hotsoh_target target, const char *name, const char *args, char **result,
                               const hotsoh_call_options *options, hotsoh_error **error) {
    CHECK(name);
    COPY_OPTIONS;
    return call_json(target, (char *)name, (char *)args, result, o.timeout_ns, (char *)o.key, o.key_length,
                     error);
}

hotsoh_status hotsoh_prepare(hotsoh_target target, const char *name, const char *signature,
                             hotsoh_function *function, hotsoh_error **error) {
    CHECK(name && function);
    return prepare(target, (char *)name, (char *)signature, function, error);
}

hotsoh_status hotsoh_signature(hotsoh_function function, char **signature, hotsoh_error **error) {
    CHECK(1);
    return signature_of(function, signature, error);
}

hotsoh_status hotsoh_call(hotsoh_function function, const hotsoh_value *args, uint32_t count,
                          hotsoh_value *result, const hotsoh_call_options *options, hotsoh_error **error) {
    CHECK(args || !count);
    COPY_OPTIONS;
    return call(function, (hotsoh_value *)args, count, result, o.timeout_ns, (char *)o.key, o.key_length,
                error);
}

hotsoh_status hotsoh_invoke(hotsoh_function function, const uint64_t *args, uint32_t count, uint64_t *result,
                            hotsoh_error **error) {
    CHECK(args || !count);
    hotsoh_status s = hotso_invoke_directly(function, args, count, result, error);
    if (s != HOTSO_BY_GO)
        return s;
    hotso_place *place = hotso_me ? hotso_place_of(function) : NULL;
    if (place && place->function == function && !hotso_goes_directly(place) && place->skip) {
        place->skip--;
        place = NULL;
    }
    return invoke(function, (uint64_t *)args, count, result, place, error);
}

hotsoh_status hotsoh_pointer(hotsoh_function function, void **pointer, hotsoh_error **error) {
    CHECK(pointer);
    return pointer_to(function, pointer, error);
}

hotsoh_status hotsoh_lend(const char *signature, hotsoh_callback callback, void *user, hotsoh_lent *lent,
                          hotsoh_error **error) {
    CHECK(signature && callback && lent);
    return lend((char *)signature, callback, user, lent, error);
}

hotsoh_status hotsoh_lent_word(hotsoh_lent lent, uint64_t *word, hotsoh_error **error) {
    CHECK(word);
    return lent_word(lent, word, error);
}

hotsoh_status hotsoh_stream_open(hotsoh_target target, const char *name, const hotsoh_value *args,
                                 uint32_t count, const hotsoh_call_options *options, hotsoh_stream *stream,
                                 hotsoh_error **error) {
    CHECK(name && stream && (args || !count));
    COPY_OPTIONS;
    return stream_open(target, (char *)name, (hotsoh_value *)args, count, o.timeout_ns, (char *)o.key,
                       o.key_length, stream, error);
}

hotsoh_status hotsoh_stream_read(hotsoh_stream stream, void *buffer, size_t capacity, size_t *length,
                                 hotsoh_error **error) {
    CHECK(buffer && length);
    return stream_read(stream, buffer, capacity, length, error);
}
