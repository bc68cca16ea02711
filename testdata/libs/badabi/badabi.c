/* A hotso library from the far future: its descriptor says ABI 99. */
#include "cabi.h"

HOTSO_EXPORT volatile const hotso_description hotso_descriptor = {
    .magic = "hotso\0\0\1",
    .abi = 99,
};

HOTSO_EXPORT int32_t Answer(void) {
    return 42;
}
