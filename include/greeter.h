/*
 * greeter.h: the reference library, libgreeter.v<version>.so.
 * The conventions of calls, ownership and threads are those of cabi.h.
 */
#ifndef HOTSO_GREETER_H
#define HOTSO_GREETER_H

#include "cabi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The greeting of this version: UTF-8, NUL-terminated, allocated with
 * malloc(3). The caller owns it and frees it with hotso_free. NULL if the
 * greeter panicked: hotso_take_status tells. */
HOTSO_EXPORT char *Greet(void);

/* a + b, wrapping around as Go does. */
HOTSO_EXPORT int32_t Add(int32_t a, int32_t b);

/* Greets somebody: name_len bytes at name, UTF-8, the caller's, read during
 * the call only. The greeting goes to out, the caller's, at most out_cap bytes
 * and without NUL; *out_len becomes its length, or the length that is needed.
 * HOTSO_ERROR if the name is empty or not UTF-8. */
HOTSO_EXPORT hotso_status GreetName(hotso_cchar *name, size_t name_len, char *out, size_t out_cap,
                                    size_t *out_len);

#ifdef __cplusplus
}
#endif

#endif
