#include <fcntl.h>

static __thread int counted __attribute__((tls_model(MODEL))) = VALUE;

__attribute__((constructor)) static void begin(void) {
    counted = 1;
}
__attribute__((destructor)) static void end(void) {
    counted = 0;
}

int next(void) {
    return ++counted;
}
int opened(void) {
    return open("/", O_RDONLY);
}
