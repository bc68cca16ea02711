/* A shared object that has never heard of hotso. */
#include <stdint.h>

int32_t Answer(void) {
    return 42;
}
