/* Functions that tell their arguments apart: each goes into a digit of its own. */
#include <stdint.h>

int64_t ints0(void) {
    return 42;
}

int64_t ints6(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f) {
    return ((((a * 10 + b) * 10 + c) * 10 + d) * 10 + e) * 10 + f;
}

/* One word on the stack on amd64: it must be padded to 16 bytes. */
int64_t ints7(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g) {
    return ints6(a, b, c, d, e, f) * 10 + g;
}

/* As many as a frame takes. */
int64_t ints24(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g, int64_t h,
               int64_t i, int64_t j, int64_t k, int64_t l, int64_t m, int64_t n, int64_t o, int64_t p,
               int64_t q, int64_t r, int64_t s, int64_t t, int64_t u, int64_t v, int64_t w, int64_t x) {
    return ints6(a, b, c, d, e, f) + ints6(g, h, i, j, k, l) * 1000000 +
           ints6(m, n, o, p, q, r) * 1000000000000 + s * 1 + t * 2 + u * 4 + v * 8 + w * 16 + x * 32;
}

double floats8(double a, double b, double c, double d, double e, double f, double g, double h) {
    return ((((((a * 10 + b) * 10 + c) * 10 + d) * 10 + e) * 10 + f) * 10 + g) * 10 + h;
}

float halve(float a) {
    return a / 2;
}

double mixed(int8_t a, double b, uint16_t c, float d, int64_t e, int32_t f, int32_t g, double h, int64_t i,
             int8_t j) {
    return a + b + c + d + e + f + g + h + i + j;
}

/* Floats and no float result. */
int64_t truncated(int64_t a, double b, float c) {
    return a + (int64_t)(b + c);
}

uint64_t widen(uint32_t a) {
    return a;
}

/* Keeps a value for this thread, and counts the threads that have one, as hotso
 * libraries keep the status of a call without one. */
static __thread int32_t kept;
uint32_t pending;

int64_t keep(int64_t a) {
    kept = (int32_t)a;
    if (a)
        __atomic_add_fetch(&pending, 1, __ATOMIC_SEQ_CST);
    return a + 1;
}

int32_t take(void) {
    int32_t a = kept;
    kept = 0;
    if (a)
        __atomic_sub_fetch(&pending, 1, __ATOMIC_SEQ_CST);
    return a;
}

/* Whether the stack is aligned as the psABI wants it at a call. */
int64_t aligned(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g) {
    __attribute__((aligned(16))) volatile char here[16];
    return ((uintptr_t)here % 16 == 0) + 0 * (a + b + c + d + e + f + g);
}

/* Uses every register that a callee may not change and puts it back; spoils
 * those that it may. */
int64_t spoil(void) {
    int64_t x = 1;
#ifdef __x86_64__
    __asm__ volatile("xorps %%xmm15, %%xmm15\n\t"
                     "mov $-1, %%r11\n\tmov $-1, %%r10\n\tmov $-1, %%rcx\n\tmov $-1, %%rdx"
                     : "+r"(x)
                     :
                     : "rbx", "r10", "r11", "r12", "r13", "r14", "r15", "rcx", "rdx", "xmm15");
#endif
    return x;
}

/* Writes as functions with a text result do. */
int32_t fill(char *out, uint64_t cap, uint64_t *len) {
    uint64_t i;
    for (i = 0; i < cap; i++)
        out[i] = (char)('a' + i % 26);
    *len = cap;
    return 0;
}
