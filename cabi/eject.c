//go:build linux && (amd64 || arm64)

/* The way out of a call into a library whose Go runtime has ended. */
#include "shim.h"

hotso_jump hotso_no_jump;

static int by_host(hotso_jump *j) {
    return (uintptr_t)j & 1;
}

/* Calls that the library's C code made are left together with the one around
 * them: nobody waits for what they return. */
hotso_jump *ejectable(hotso_record *r) {
    hotso_jump *j = r->jump;
    if (by_host(j))
        return NULL;
    while (j && j->prev && !by_host(j->prev))
        j = j->prev;
    return j == &hotso_no_jump ? NULL : j;
}

/* A handler for a shared signal runs without a jump: the dispatcher hides it. */
int endable(hotso_record *r) {
    hotso_jump *j = r->jump;
    while (j && !by_host(j) && j != &hotso_no_jump)
        j = j->prev;
    return j == &hotso_no_jump;
}

/* Whether an address in the library's text stands behind a call instruction. */
static int returned_to(uintptr_t address) {
    if (address < entry()->text_low + 8 || address >= entry()->text_high)
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

/* Where a callback into the host comes back to, once the call that it made
 * itself has been ejected. */
__attribute__((used)) void hotso_came_back(void) {
    if (ejectable(record()))
        eject();
    thread_park(); /* a thread of the library's */
}

/* In eject_amd64.S and eject_arm64.S: goes there. */
extern const char hotso_comes_back[] __attribute__((visibility("hidden")));

/* The runtime's records of this thread are those of the call that is ejected:
 * the calls around it can't go on. So what the host's frames between the two
 * return to is replaced: up to the stack pointer of the call around (GCC and
 * Clang keep it in the third word), not to its jump, which lies above what its own
 * frame returns to where that is saved at the frame's lower end (AAPCS64 6.4.6). */
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
