//go:build linux && (amd64 || arm64)

/* Descriptors that the library's C code opens. Go code makes its system calls
 * itself; the host finds most of what that leaves open (host/unload.go).
 *
 * To close a descriptor that is somebody else's by now is far worse than to
 * leave one open, and we don't see every close: libc may close a file for
 * whom it was given to (fclose after fdopen). So each is remembered with the
 * identity of its file, and is ours only as long as that is the same. Kinds
 * that all share one identity (eventfd, epoll, timerfd) are not remembered. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
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

enum { MAX_FILES = 4096 }; /* descriptors from here on are not remembered */

static uint64_t open_set[MAX_FILES / 64]; /* bit n: n is open */
static struct {
    uint64_t device, inode;
} files[MAX_FILES]; /* a page of it is touched only by a descriptor there */

static uint64_t bit(int fd) {
    return UINT64_C(1) << fd % 64;
}

static int opened(int fd) {
    struct stat st;
    if (!hosted() || !STEP(FILES) || fd < 0 || fd >= MAX_FILES || fstat(fd, &st) != 0)
        return fd;
    files[fd].device = st.st_dev;
    files[fd].inode = st.st_ino;
    __atomic_fetch_or(&open_set[fd / 64], bit(fd), __ATOMIC_RELEASE);
    return fd;
}

static int same(int fd) {
    struct stat st;
    return fstat(fd, &st) == 0 && files[fd].device == st.st_dev && files[fd].inode == st.st_ino;
}

/* The host closes them, as it found some of them in other ways. */
void files_left(hotso_unload_report *report) {
    for (int i = 0; i < MAX_FILES / 64; i++)
        for (int fd = i * 64; open_set[i] && fd < i * 64 + 64; fd++)
            if (open_set[i] & bit(fd) && !same(fd))
                open_set[i] &= ~bit(fd);
    report->files = open_set;
    report->files_words = MAX_FILES / 64;
}

/* open(2): there is a mode only if a file may be made. */
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
    return opened(__real_open(path, flags, mode));
}

int __wrap_open64(const char *path, int flags, ...) {
    MODE(flags)
    return opened(__real_open64(path, flags, mode));
}

int __wrap_openat(int dir, const char *path, int flags, ...) {
    MODE(flags)
    return opened(__real_openat(dir, path, flags, mode));
}

int __wrap_openat64(int dir, const char *path, int flags, ...) {
    MODE(flags)
    return opened(__real_openat64(dir, path, flags, mode));
}

int __wrap_creat(const char *path, mode_t mode) {
    return opened(__real_creat(path, mode));
}

int __wrap_creat64(const char *path, mode_t mode) {
    return opened(__real_creat64(path, mode));
}

int __wrap_socket(int domain, int type, int protocol) {
    return opened(__real_socket(domain, type, protocol));
}

static int opened_both(int r, int fds[2]) {
    if (r == 0) {
        opened(fds[0]);
        opened(fds[1]);
    }
    return r;
}

int __wrap_socketpair(int domain, int type, int protocol, int fds[2]) {
    return opened_both(__real_socketpair(domain, type, protocol, fds), fds);
}

int __wrap_accept(int fd, struct sockaddr *addr, socklen_t *len) {
    return opened(__real_accept(fd, addr, len));
}

int __wrap_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags) {
    return opened(__real_accept4(fd, addr, len, flags));
}

int __wrap_pipe(int fds[2]) {
    return opened_both(__real_pipe(fds), fds);
}

int __wrap_pipe2(int fds[2], int flags) {
    return opened_both(__real_pipe2(fds, flags), fds);
}

int __wrap_dup(int fd) {
    return opened(__real_dup(fd));
}

int __wrap_dup2(int fd, int to) {
    return opened(__real_dup2(fd, to));
}

int __wrap_dup3(int fd, int to, int flags) {
    return opened(__real_dup3(fd, to, flags));
}

int __wrap_memfd_create(const char *name, unsigned flags) {
    return opened(__real_memfd_create(name, flags));
}

int __wrap_close(int fd) {
    if (hosted() && fd >= 0 && fd < MAX_FILES)
        __atomic_fetch_and(&open_set[fd / 64], ~bit(fd), __ATOMIC_RELEASE);
    return __real_close(fd);
}
