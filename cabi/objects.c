//go:build linux && (amd64 || arm64)

/* Shared objects that the library needs and has copies of its own of (host/internal/needed, own.go): libgomp,
 * libstdc++, libcurl. Their code is the library's then, as if it was linked statically: what it calls of the
 * functions that the shim wraps comes to the wrappers, and it is in the host's table as text of the
 * library's.
 *
 * The dynamic linker loads the copies together with the library. It runs no init and no exit functions of
 * theirs: those of what is needed come before the library's, and so before load.c has told the host where
 * this library is; and dlclose is too late for exit functions (exits.c). */
#define _GNU_SOURCE
#include <link.h>
#include <string.h>
#include "shim.h"

int __real_dl_iterate_phdr(int (*)(struct dl_phdr_info *, size_t, void *), void *);

__attribute__((visibility("default"), used, section(".data"))) hotso_objects hotso_load_objects;

int objects_have(uintptr_t address) {
    const uint64_t *range = (const uint64_t *)__atomic_load_n(&entry()->more, __ATOMIC_ACQUIRE);
    for (; range && range[0]; range += 2)
        if (address >= range[0] && address < range[1])
            return 1;
    return 0;
}

void objects_adopt(void) {
    const hotso_objects *all = &hotso_load_objects;
    if (all->locals_size)
        memset((void *)(thread_pointer() + (uintptr_t)all->locals), 0, all->locals_size);
}

static hotso_object *find(const char *path) {
    hotso_object *o = (hotso_object *)hotso_load_objects.list;
    for (uint64_t i = 0; i < hotso_load_objects.n; i++)
        if (strcmp((const char *)o[i].path, path) == 0)
            return &o[i];
    return NULL;
}

static int note(struct dl_phdr_info *info, size_t size, void *next) {
    (void)size;
    hotso_object *o = find(info->dlpi_name);
    if (!o)
        return 0;
    uint64_t **range = next;
    o->base = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
            continue;
        uint64_t low = o->base + p->p_vaddr;
        if (!(*range)[0])
            (*range)[0] = low;
        (*range)[1] = low + p->p_memsz;
    }
    *range += 2;
    return 0;
}

static const void *in_object(const hotso_object *o, uint64_t address) {
    return (const void *)(o->base + address);
}

void objects_begin(int argc, char **argv, char **envp) {
    const hotso_objects *all = &hotso_load_objects;
    if (!all->n)
        return;
    uint64_t *next = (uint64_t *)all->ranges;
    __real_dl_iterate_phdr(note, &next);
    __atomic_store_n(&entry()->more, all->ranges, __ATOMIC_RELEASE);
    objects_adopt(); /* this thread has not entered the library yet */
    const hotso_object *o = (const hotso_object *)all->list;
    for (uint64_t i = 0; i < all->n; i++, o++) {
        typedef void init(int, char **, char **);
        if (!o->base)
            continue;
        if (o->init)
            ((init *)in_object(o, o->init))(argc, argv, envp);
        init *const *f = in_object(o, o->inits);
        for (uint64_t k = 0; k < o->inits_n; k++)
            f[k](argc, argv, envp);
    }
}

void objects_end(void) {
    static uint32_t ended;
    const hotso_objects *all = &hotso_load_objects;
    if (!all->n || __atomic_exchange_n(&ended, 1, __ATOMIC_ACQ_REL))
        return;
    for (uint64_t i = all->n; i > 0; i--) {
        const hotso_object *o = (const hotso_object *)all->list + i - 1;
        if (!o->base)
            continue;
        void (*const *f)(void) = in_object(o, o->finis);
        for (uint64_t k = o->finis_n; k > 0; k--)
            f[k - 1]();
        if (o->fini)
            ((void (*)(void))in_object(o, o->fini))();
    }
}

int objects_here(void) {
    return hotso_load_objects.n != 0;
}
