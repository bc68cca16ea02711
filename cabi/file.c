//go:build linux && (amd64 || arm64)

/* Descriptors that the library opens: its Go code by system calls of its own (syscall.c),
 * its C code through the functions that are wrapped here.
 *
 * Closing a descriptor that by now belongs to somebody else is far worse than leaving
 * one open, and we don't see every close: the host may close one that it was given, and
 * libc itself may close a file (fclose after fdopen). So each descriptor is remembered
 * with the identity of its file, and is ours only as long as that is the same. Kinds
 * whose files all share one identity (eventfd, epoll, timerfd) are told from files and sockets,
 * but not from each other. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "offsets.h"
#include "shim.h"

int __real_open(const char *, int, ...);
int __real_open64(const char *, int, ...);
int __real_openat(int, const char *, int, ...);
int __real_openat64(int, const char *, int, ...);
int __real_creat(const char *, mode_t);
int __real_creat64(const char *, mode_t);
int __real_socket(int, int, int);
int __real_socketpair(int, int, int, int[2]);
int __real_accept(int, struct sockaddr *, socklen_t *);
int __real_accept4(int, struct sockaddr *, socklen_t *, int);
int __real_pipe(int[2]);
int __real_pipe2(int[2], int);
int __real_dup(int);
int __real_dup2(int, int);
int __real_dup3(int, int, int);
int __real_memfd_create(const char *, unsigned);
int __real_close(int);

enum { MAX_FILES = HOTSO_MAX_FILES };

pid_t hotso_process;
uint64_t hotso_open_files[MAX_FILES / 64]; /* bit n: n is open */
hotso_file hotso_files[MAX_FILES];         /* its pages are touched only as descriptors in their range open */

static uint64_t bit(int fd) {
    return UINT64_C(1) << fd % 64;
}

/* A thread must not be ended between a call that opens something, or closes it, and the
 * note of it. It can't be ended in the call itself either way: that is libc's code. */
static hotso_record *noting_begin(void) {
    return hosted() ? busy_begin() : NULL;
}

/* Opens by an expression whose value is a descriptor, and returns that. */
#define OPEN(call)                                                                                           \
    hotso_record *busy = noting_begin();                                                                     \
    int r = opened(call);                                                                                    \
    busy_end(busy);                                                                                          \
    return r;

/* The same for one that may wait (wait.c). */
#define OPEN_WAITING(name, args)                                                                             \
    hotso_record *busy = noting_begin();                                                                     \
    hotso_wait here;                                                                                         \
    hotso_record *waiting = wait_begin(&here, (uintptr_t)__real_##name, 1);                                  \
    int r = __real_##name args;                                                                              \
    wait_end(waiting, &here);                                                                                \
    opened(r);                                                                                               \
    busy_end(busy);                                                                                          \
    return r;

static int opened(int fd) {
    struct stat st;
    if (!hosted() || !STEP(FILES) || fd < 0 || fd >= MAX_FILES || fstat(fd, &st) != 0)
        return fd;
    hotso_files[fd].device = st.st_dev;
    hotso_files[fd].inode = st.st_ino;
    __atomic_fetch_or(&hotso_open_files[fd / 64], bit(fd), __ATOMIC_RELEASE);
    return fd;
}

void file_opened(int fd) {
    opened(fd);
}

/* files_forget is for those that are about to be closed, from first to last. */
void files_forget(unsigned first, unsigned last) {
    for (unsigned fd = first; fd <= last && fd < MAX_FILES; fd++)
        __atomic_fetch_and(&hotso_open_files[fd / 64], ~bit((int)fd), __ATOMIC_RELEASE);
}

int file_ours(int fd) {
    return fd >= 0 && fd < MAX_FILES &&
           __atomic_load_n(&hotso_open_files[fd / 64], __ATOMIC_ACQUIRE) & bit(fd);
}

uint32_t hotso_descriptors(int32_t from, hotso_open_file *out, uint32_t cap) {
    uint32_t n = 0;
    for (int fd = from < 0 ? 0 : from; fd < MAX_FILES && n < cap; fd++) {
        uint64_t word = __atomic_load_n(&hotso_open_files[fd / 64], __ATOMIC_ACQUIRE);
        if (word == 0)
            fd |= 63; /* none of them */
        else if (word & bit(fd))
            out[n++] = (hotso_open_file){hotso_files[fd].device, hotso_files[fd].inode, fd, 0};
    }
    return n;
}

static int same(int fd) {
    struct stat st;
    hotso_file *f = &hotso_files[fd];
    int tries = 10; /* the kernel may be short of memory for a moment */
    while (fstat(fd, &st) != 0)
        if (errno == EBADF || --tries == 0)
            return 0;
    return (f->device == 0 && f->inode == 0) || (f->device == st.st_dev && f->inode == st.st_ino);
}

/* Forgets those whose number is another file by now, and closes streams and directories. The
 * host closes the rest. C code that ended in a signal may have damaged those. */
void files_left(hotso_unload_report *report) {
    int sound = (__atomic_load_n(&entry()->crashed, __ATOMIC_ACQUIRE) & 0xff) != HOTSO_CRASH_SIGNAL;
    for (int i = 0; i < MAX_FILES / 64; i++)
        for (int fd = i * 64; hotso_open_files[i] && fd < i * 64 + 64; fd++) {
            if (!(hotso_open_files[i] & bit(fd)))
                continue;
            int ours = same(fd), closed = ours && sound && file_close_owner(fd);
            if (!ours || closed)
                hotso_open_files[i] &= ~bit(fd);
            report->files_closed += closed;
        }
    report->files = hotso_open_files;
    report->files_words = MAX_FILES / 64;
}

/* open(2) has a mode only if it may create a file. */
#define MODE(flags)                                                                                          \
    mode_t mode = 0;                                                                                         \
    if (flags & (O_CREAT | __O_TMPFILE)) {                                                                   \
        va_list more;                                                                                        \
        va_start(more, flags);                                                                               \
        mode = (mode_t)va_arg(more, unsigned);                                                               \
        va_end(more);                                                                                        \
    }

int __wrap_open(const char *path, int flags, ...) {
    MODE(flags)
    OPEN_WAITING(open, (path, flags, mode))
}

int __wrap_open64(const char *path, int flags, ...) {
    MODE(flags)
    OPEN_WAITING(open64, (path, flags, mode))
}

int __wrap_openat(int dir, const char *path, int flags, ...) {
    MODE(flags)
    OPEN_WAITING(openat, (dir, path, flags, mode))
}

int __wrap_openat64(int dir, const char *path, int flags, ...) {
    MODE(flags)
    OPEN_WAITING(openat64, (dir, path, flags, mode))
}

int __wrap_creat(const char *path, mode_t mode) {
    OPEN(__real_creat(path, mode))
}

int __wrap_creat64(const char *path, mode_t mode) {
    OPEN(__real_creat64(path, mode))
}

int __wrap_socket(int domain, int type, int protocol) {
    OPEN(__real_socket(domain, type, protocol))
}

/* The same for a call that opens both of fds, and returns 0 then. */
#define OPEN_BOTH(call)                                                                                      \
    hotso_record *busy = noting_begin();                                                                     \
    int r = call;                                                                                            \
    if (r == 0) {                                                                                            \
        opened(fds[0]);                                                                                      \
        opened(fds[1]);                                                                                      \
    }                                                                                                        \
    busy_end(busy);                                                                                          \
    return r;

int __wrap_socketpair(int domain, int type, int protocol, int fds[2]) {
    OPEN_BOTH(__real_socketpair(domain, type, protocol, fds))
}

int __wrap_accept(int fd, struct sockaddr *addr, socklen_t *len) {
    OPEN_WAITING(accept, (fd, addr, len))
}

int __wrap_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags) {
    OPEN_WAITING(accept4, (fd, addr, len, flags))
}

int __wrap_pipe(int fds[2]) {
    OPEN_BOTH(__real_pipe(fds))
}

int __wrap_pipe2(int fds[2], int flags) {
    OPEN_BOTH(__real_pipe2(fds, flags))
}

int __wrap_dup(int fd) {
    OPEN(__real_dup(fd))
}

/* The standard streams are the process's, whoever replaces them. */
#define REPLACE(call)                                                                                        \
    if (to <= 2)                                                                                             \
        return call;                                                                                         \
    OPEN(call)

int __wrap_dup2(int fd, int to) {
    REPLACE(__real_dup2(fd, to))
}

int __wrap_dup3(int fd, int to, int flags) {
    REPLACE(__real_dup3(fd, to, flags))
}

int __wrap_memfd_create(const char *name, unsigned flags) {
    OPEN(__real_memfd_create(name, flags))
}

int __wrap_close(int fd) {
    hotso_record *busy = noting_begin();
    if (hosted() && fd >= 0 && fd < MAX_FILES)
        __atomic_fetch_and(&hotso_open_files[fd / 64], ~bit(fd), __ATOMIC_RELEASE);
    int r = __real_close(fd);
    busy_end(busy);
    return r;
}
