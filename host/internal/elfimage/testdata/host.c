/* Owns a TLS slot. Without arguments: prints the slot's distance from the
 * thread pointer. With a library: calls its Add. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>

static __thread void *slot[8];

int main(int argc, char **argv) {
    if (argc < 2) {
        printf("%ld\n", (long)((char *)slot - (char *)__builtin_thread_pointer()));
        return 0;
    }
    void *lib = dlopen(argv[1], RTLD_NOW);
    if (!lib) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    int32_t (*add)(int32_t, int32_t) = (int32_t(*)(int32_t, int32_t))dlsym(lib, "Add");
    int32_t sum = add ? add(20, 22) : -1;
    printf("%d %s\n", sum, slot[0] ? "slot used" : "slot untouched");
    return 0;
}
