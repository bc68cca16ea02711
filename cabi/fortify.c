//go:build linux && (amd64 || arm64)

/* Buffers that are too small for what is to be written to them. With -D_FORTIFY_SOURCE, which many
 * distributions set, compilers call these functions, with the size of the buffer as far as they know it
 * ((size_t)-1 if they don't). libc's abort the process. Nothing has been written yet, or nothing beyond the
 * end, so here only the library ends. What fits is left to the functions without the check (LSB, "libc -
 * Ddefinitions"; glibc, debug/). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>
#include "shim.h"

_Noreturn void __real___chk_fail(void);
int __real___vsprintf_chk(char *, int, size_t, const char *, va_list);
int __real___vsnprintf_chk(char *, size_t, int, size_t, const char *, va_list);

static _Noreturn void overflow(const char *function) {
    if (!contained())
        __real___chk_fail();
    fprintf(stderr, "*** buffer overflow detected in %s ***\n", function);
    end_by_abort("C code: buffer overflow detected in %s", function);
}

/* Where the compiler is certain. */
_Noreturn void __wrap___chk_fail(void) {
    overflow("a function");
}

static inline void fits(size_t n, size_t room, const char *function) {
    if (__builtin_expect(n > room, 0))
        overflow(function);
}

void *__wrap___memcpy_chk(void *to, const void *from, size_t n, size_t room) {
    fits(n, room, "memcpy");
    return memcpy(to, from, n);
}

void *__wrap___mempcpy_chk(void *to, const void *from, size_t n, size_t room) {
    fits(n, room, "mempcpy");
    return mempcpy(to, from, n);
}

void *__wrap___memmove_chk(void *to, const void *from, size_t n, size_t room) {
    fits(n, room, "memmove");
    return memmove(to, from, n);
}

void *__wrap___memset_chk(void *to, int byte, size_t n, size_t room) {
    fits(n, room, "memset");
    return memset(to, byte, n);
}

char *__wrap___strcpy_chk(char *to, const char *from, size_t room) {
    size_t n = strlen(from) + 1;
    fits(n, room, "strcpy");
    return memcpy(to, from, n);
}

char *__wrap___stpcpy_chk(char *to, const char *from, size_t room) {
    size_t n = strlen(from);
    fits(n + 1, room, "stpcpy");
    return (char *)memcpy(to, from, n + 1) + n;
}

char *__wrap___strncpy_chk(char *to, const char *from, size_t n, size_t room) {
    fits(n, room, "strncpy");
    return strncpy(to, from, n);
}

char *__wrap___stpncpy_chk(char *to, const char *from, size_t n, size_t room) {
    fits(n, room, "stpncpy");
    return stpncpy(to, from, n);
}

char *__wrap___strcat_chk(char *to, const char *from, size_t room) {
    size_t there = strlen(to), n = strlen(from) + 1;
    fits(there + n, room, "strcat");
    memcpy(to + there, from, n);
    return to;
}

char *__wrap___strncat_chk(char *to, const char *from, size_t most, size_t room) {
    size_t there = strlen(to), n = strnlen(from, most);
    fits(there + n + 1, room, "strncat");
    memcpy(to + there, from, n);
    to[there + n] = 0;
    return to;
}

/* flag has libc look where a %n is. */
int __wrap___vsprintf_chk(char *to, int flag, size_t room, const char *format, va_list args) {
    if (room == (size_t)-1)
        return __real___vsprintf_chk(to, flag, room, format, args);
    int n = __real___vsnprintf_chk(to, room, flag, room, format, args);
    if (n >= 0)
        fits((size_t)n + 1, room, "sprintf");
    return n;
}

int __wrap___sprintf_chk(char *to, int flag, size_t room, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = __wrap___vsprintf_chk(to, flag, room, format, args);
    va_end(args);
    return n;
}

int __wrap___vsnprintf_chk(char *to, size_t most, int flag, size_t room, const char *format, va_list args) {
    fits(most, room, "snprintf");
    return __real___vsnprintf_chk(to, most, flag, room, format, args);
}

int __wrap___snprintf_chk(char *to, size_t most, int flag, size_t room, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = __wrap___vsnprintf_chk(to, most, flag, room, format, args);
    va_end(args);
    return n;
}

/* What counts is the line, as in libc: it may be shorter than n allows. */
static char *get_line(char *to, size_t room, int n, FILE *f) {
    int c = 0, had_error = ferror_unlocked(f);
    size_t got = 0;
    while (c != '\n' && got < (size_t)n - 1 && got < room && (c = getc_unlocked(f)) != EOF)
        to[got++] = (char)c;
    if (got == room)
        return to + room;
    if (got == 0 || (c == EOF && !had_error && ferror_unlocked(f) && errno != EAGAIN))
        return NULL;
    to[got] = 0;
    return to;
}

char *__wrap___fgets_chk(char *to, size_t room, int n, FILE *f) {
    if (n < 0 || (size_t)n <= room)
        return fgets(to, n, f);
    flockfile(f);
    char *line = get_line(to, room, n, f);
    funlockfile(f);
    if (line == to + room)
        overflow("fgets");
    return line;
}

size_t __wrap___fread_chk(void *to, size_t room, size_t size, size_t n, FILE *f) {
    size_t bytes;
    if (__builtin_mul_overflow(size, n, &bytes))
        bytes = SIZE_MAX;
    fits(bytes, room, "fread");
    return fread(to, size, n, f);
}

ssize_t __wrap_read(int, void *, size_t);
ssize_t __wrap___read_chk(int fd, void *to, size_t n, size_t room) {
    fits(n, room, "read");
    return __wrap_read(fd, to, n);
}

ssize_t __wrap___pread_chk(int fd, void *to, size_t n, off_t at, size_t room) {
    fits(n, room, "pread");
    return pread(fd, to, n, at);
}

ssize_t __wrap___pread64_chk(int fd, void *to, size_t n, off_t at, size_t room) {
    return __wrap___pread_chk(fd, to, n, at, room);
}

ssize_t __wrap_recv(int, void *, size_t, int);
ssize_t __wrap___recv_chk(int fd, void *to, size_t n, size_t room, int flags) {
    fits(n, room, "recv");
    return __wrap_recv(fd, to, n, flags);
}

ssize_t __wrap_recvfrom(int, void *, size_t, int, struct sockaddr *, socklen_t *);
ssize_t __wrap___recvfrom_chk(int fd, void *to, size_t n, size_t room, int flags, struct sockaddr *from,
                              socklen_t *len) {
    fits(n, room, "recvfrom");
    return __wrap_recvfrom(fd, to, n, flags, from, len);
}

int __wrap_poll(struct pollfd *, nfds_t, int);
int __wrap___poll_chk(struct pollfd *p, nfds_t n, int ms, size_t room) {
    fits(n, room / sizeof *p, "poll");
    return __wrap_poll(p, n, ms);
}

int __wrap_ppoll(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
int __wrap___ppoll_chk(struct pollfd *p, nfds_t n, const struct timespec *t, const sigset_t *set,
                       size_t room) {
    fits(n, room / sizeof *p, "ppoll");
    return __wrap_ppoll(p, n, t, set);
}

/* open(2) without a mode, where the compiler can't tell that it needs none. */
static inline void has_mode(int flags) {
    if (!(flags & O_CREAT) && (flags & O_TMPFILE) != O_TMPFILE)
        return;
    if (!contained())
        __real___chk_fail();
    fprintf(stderr, "*** invalid open call: O_CREAT or O_TMPFILE without mode ***\n");
    end_by_abort("C code: open without a mode");
}

int __wrap_open(const char *, int, ...);
int __wrap___open_2(const char *path, int flags) {
    has_mode(flags);
    return __wrap_open(path, flags, 0);
}

int __wrap_open64(const char *, int, ...);
int __wrap___open64_2(const char *path, int flags) {
    has_mode(flags);
    return __wrap_open64(path, flags, 0);
}

int __wrap_openat(int, const char *, int, ...);
int __wrap___openat_2(int dir, const char *path, int flags) {
    has_mode(flags);
    return __wrap_openat(dir, path, flags, 0);
}

int __wrap_openat64(int, const char *, int, ...);
int __wrap___openat64_2(int dir, const char *path, int flags) {
    has_mode(flags);
    return __wrap_openat64(dir, path, flags, 0);
}

/* FD_SET(3) and its kin: the index of the word that the descriptor is in. */
long __wrap___fdelt_chk(long fd) {
    fits(fd < 0 ? FD_SETSIZE : (size_t)fd, FD_SETSIZE - 1, "FD_SET");
    return fd / __NFDBITS;
}

ssize_t __wrap___readlink_chk(const char *path, char *to, size_t n, size_t room) {
    fits(n, room, "readlink");
    return readlink(path, to, n);
}

char *__wrap___getcwd_chk(char *to, size_t n, size_t room) {
    fits(n, room, "getcwd");
    return getcwd(to, n);
}

int __wrap___gethostname_chk(char *to, size_t n, size_t room) {
    fits(n, room, "gethostname");
    return gethostname(to, n);
}

char *__wrap___realpath_chk(const char *path, char *to, size_t room) {
    fits(PATH_MAX, room, "realpath");
    return realpath(path, to);
}
