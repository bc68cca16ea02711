//go:build linux && (amd64 || arm64)

/* The way out of a call into a library whose Go runtime has ended. */
#include "shim.h"

hotso_jump hotso_no_jump;

uintptr_t host_call(const hotso_record *r) {
    const hotso_jump *j = r->jump;
    while (j && !by_host(j))
        j = j->prev;
    return j ? ((const uintptr_t *)((uintptr_t)j - 1))[-1] : 0;
}

/* Calls that the library's C code made into Go are left together with the call around
 * them: nobody waits for what they return. */
hotso_jump *ejectable(hotso_record *r) {
    hotso_jump *j = r->jump;
    if (by_host(j))
        return NULL;
    while (j && j->prev && !by_host(j->prev))
        j = j->prev;
    return j == &hotso_no_jump ? NULL : j;
}

/* While a handler for a shared signal runs there is no jump: the dispatcher hides it. */
int endable(hotso_record *r) {
    hotso_jump *j = r->jump;
    while (j && !by_host(j) && j != &hotso_no_jump)
        j = j->prev;
    return j == &hotso_no_jump;
}

/* Whether an address is in the library's text, right after a call instruction. */
static int returned_to(uintptr_t address) {
    if (!own_code(address) || !own_code(address - 8))
        return 0;
#if defined(__x86_64__)
    const uint8_t *a = (const uint8_t *)address;
    if (a[-5] == 0xe8) /* CALL rel32 */
        return 1;
    for (int n = 2; n <= 7; n++)
        if (a[-n] == 0xff && (a[1 - n] >> 3 & 7) == 2) /* CALL r/m64: FF /2 */
            return 1;
    return 0;
#else
    uint32_t before;
    if (address % 4 != 0)
        return 0;
    before = ((const uint32_t *)address)[-1];
    return (before & 0xfc000000) == 0x94000000 || (before & 0xfffffc1f) == 0xd63f0000; /* BL, BLR */
#endif
}

/* Where a callback into the host returns to if the call that the callback made has been
 * ejected. */
__attribute__((used)) void hotso_came_back(void) {
    if (ejectable(record()))
        eject();
    thread_park(); /* a thread of the library's */
}

/* In eject_amd64.S and eject_arm64.S: calls hotso_came_back. */
extern const char hotso_comes_back[] __attribute__((visibility("hidden")));

/* What the runtime has recorded about this thread belongs to the ejected call, so the calls
 * around it can't go on. Hence every return address into the library that the host's frames
 * between the two hold is replaced, up to the stack pointer of the outer call (GCC and Clang
 * keep it in the third word). Not up to its jump: where a frame saves its return address at
 * its lower end (AAPCS64 6.4.6), the jump lies above that of the outer call itself. */
static void close_way_back(uintptr_t *from, uintptr_t *end) {
    for (; from < end; from++)
        if (returned_to(*from))
            *from = (uintptr_t)hotso_comes_back;
}

void eject(void) {
    hotso_record *r = record();
    hotso_jump *j = ejectable(r);
    if (by_host(j->prev)) {
        hotso_jump **hidden = (hotso_jump **)((uintptr_t)j->prev - 1);
        if (*hidden == &hotso_no_jump)
            close_way_back((uintptr_t *)hidden, (uintptr_t *)(r->thread->sp + 4096));
        else if (*hidden)
            close_way_back((uintptr_t *)hidden, (*hidden)->buf[2]);
    }
    __builtin_longjmp(j->buf, 1);
}
