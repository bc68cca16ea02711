//go:build linux && (amd64 || arm64)

/* Runs first: tells the host's dispatcher where this library's code is. */
#include <elf.h>
#include <link.h>
#include "shim.h"

/* The linker's name for the first byte of the image, in this image. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* Priority 101 runs it before the Go runtime's start function, which is in
 * .init_array without a priority: from its first instruction on, the runtime
 * may take a signal. */
__attribute__((constructor(101))) static void announce(void) {
    if (!hosted())
        return;
    const char *base = (const char *)&__ehdr_start;
    const ElfW(Phdr) *p = (const ElfW(Phdr) *)(base + __ehdr_start.e_phoff);
    uint64_t low = UINT64_MAX, high = 0;
    for (int i = 0; i < __ehdr_start.e_phnum; i++, p++) {
        if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
            continue;
        uint64_t from = (uint64_t)base + p->p_vaddr;
        if (from < low)
            low = from;
        if (from + p->p_memsz > high)
            high = from + p->p_memsz;
    }
    entry()->text_low = low;
    entry()->handlers[HOTSO_KILL] = (uint64_t)on_kill;
    __atomic_store_n(&entry()->text_high, high, __ATOMIC_RELEASE);
}

/* Where the Go runtime's last words go; -1 if nobody wants them. */
int32_t hotso_crash_message(void) {
    return hosted() ? entry()->crash_message : -1;
}

/* Go asks what it needs of the host's entry here: C alone knows where it is. */
int32_t hotso_hosted(void) {
    return hosted();
}

void hotso_set_probe(int32_t fd) {
    __atomic_store_n(&entry()->probe, fd, __ATOMIC_RELEASE);
}
