/* What the shim's C files share. One line of reason per declaration. */
#ifndef HOTSO_SHIM_H
#define HOTSO_SHIM_H

#include <stdint.h>
#include "cabi.h"

/* Patched by the loader into its private copy; all zero under any other host. */
typedef struct hotso_config {
    uint64_t owner; /* id of this load */
    int64_t record; /* offset of the thread's record from the thread pointer */
    uint64_t entry; /* address of the host's dispatch table entry */
    uint64_t spare[5];
} hotso_config;

#endif
