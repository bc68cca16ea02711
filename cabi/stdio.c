//go:build linux && (amd64 || arm64)

/* Streams and directories of C code. libc opens their descriptors by itself, where no wrap sees
 * it, and has memory for them and a list of all streams, which it flushes when the process exits: to
 * whatever file has the number by then. So one that is left open is remembered together with its
 * descriptor, and closed as C code would close it. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "offsets.h"
#include "shim.h"

FILE *__real_fopen(const char *, const char *);
FILE *__real_fopen64(const char *, const char *);
FILE *__real_fdopen(int, const char *);
FILE *__real_freopen(const char *, const char *, FILE *);
FILE *__real_freopen64(const char *, const char *, FILE *);
int __real_fclose(FILE *);
FILE *__real_tmpfile(void);
FILE *__real_tmpfile64(void);
FILE *__real_popen(const char *, const char *);
int __real_pclose(FILE *);
DIR *__real_opendir(const char *);
DIR *__real_fdopendir(int);
int __real_closedir(DIR *);
int __real_mkstemp(char *);
int __real_mkstemp64(char *);
int __real_mkostemp(char *, int);
int __real_mkostemp64(char *, int);
int __real_mkstemps(char *, int);
int __real_mkstemps64(char *, int);
int __real_mkostemps(char *, int, int);
int __real_mkostemps64(char *, int, int);

/* Who has descriptor n: a FILE, or a DIR with the lowest bit set. Their pages are touched only as
 * descriptors in their range open. */
enum { STREAM, DIRECTORY };
static uintptr_t owners[HOTSO_MAX_FILES];
static pid_t children[HOTSO_MAX_FILES]; /* that popen has started, which pclose waits for */

static hotso_record *begin(void) {
    return hosted() ? busy_begin() : NULL;
}

static void owned(int fd, const void *by, int kind) {
    if (hosted() && fd > 2 && fd < HOTSO_MAX_FILES) /* the standard streams are the process's */
        __atomic_store_n(&owners[fd], (uintptr_t)by | (uintptr_t)kind, __ATOMIC_RELEASE);
}

static void disowned(int fd) {
    owned(fd, NULL, 0);
    if (hosted() && fd > 2)
        files_forget((unsigned)fd, (unsigned)fd);
}

/* Opens by an expression whose value is a stream, and returns that. */
#define OPEN_STREAM(call)                                                                                    \
    hotso_record *busy = begin();                                                                            \
    FILE *f = call;                                                                                          \
    if (f && hosted() && fileno(f) > 2) {                                                                    \
        file_opened(fileno(f));                                                                              \
        owned(fileno(f), f, STREAM);                                                                         \
    }                                                                                                        \
    busy_end(busy);                                                                                          \
    return f;

FILE *__wrap_fopen(const char *path, const char *mode){OPEN_STREAM(__real_fopen(path, mode))}

FILE *__wrap_fopen64(const char *path, const char *mode){OPEN_STREAM(__real_fopen64(path, mode))}

FILE *__wrap_tmpfile(void){OPEN_STREAM(__real_tmpfile())}

FILE *__wrap_tmpfile64(void) {
    OPEN_STREAM(__real_tmpfile64())
}

static FILE *reopen(FILE *(*real)(const char *, const char *, FILE *), const char *path, const char *mode,
                    FILE *old) {
    if (hosted())
        disowned(fileno(old));
    OPEN_STREAM(real(path, mode, old))
}

FILE *__wrap_freopen(const char *path, const char *mode, FILE *f) {
    return reopen(__real_freopen, path, mode, f);
}

FILE *__wrap_freopen64(const char *path, const char *mode, FILE *f) {
    return reopen(__real_freopen64, path, mode, f);
}

/* The descriptor may be somebody else's: then the stream's is left alone as well. */
FILE *__wrap_fdopen(int fd, const char *mode) {
    hotso_record *busy = begin();
    FILE *f = __real_fdopen(fd, mode);
    if (f && file_ours(fd))
        owned(fd, f, STREAM);
    busy_end(busy);
    return f;
}

int __wrap_fclose(FILE *f) {
    hotso_record *busy = begin();
    if (hosted())
        disowned(fileno(f));
    int r = __real_fclose(f);
    busy_end(busy);
    return r;
}

/* popen of our own: the one of libc knows its child alone, and can't close a stream without
 * waiting for it. */
static FILE *start(const char *command, const char *mode) {
    extern char **environ;
    int reads = *mode == 'r', ends[2], err;
    if ((*mode != 'r' && *mode != 'w') || (mode[1] && strcmp(mode + 1, "e") != 0)) {
        errno = EINVAL;
        return NULL;
    }
    if (pipe2(ends, O_CLOEXEC) != 0)
        return NULL;
    int mine = ends[!reads], theirs = ends[reads];
    FILE *f = __real_fdopen(mine, reads ? "r" : "w");
    posix_spawn_file_actions_t actions;
    pid_t child = -1;
    if (!f) {
        err = errno;
    } else if ((err = posix_spawn_file_actions_init(&actions)) == 0) {
        char *const argv[] = {"sh", "-c", (char *)command, NULL};
        err = posix_spawn_file_actions_adddup2(&actions, theirs, reads);
        if (err == 0)
            err = posix_spawn(&child, "/bin/sh", &actions, NULL, argv, environ);
        posix_spawn_file_actions_destroy(&actions);
    }
    close(theirs);
    if (err == 0) {
        file_opened(mine);
        owned(mine, f, STREAM);
        __atomic_store_n(&children[mine], child, __ATOMIC_RELEASE);
        return f;
    }
    files_forget((unsigned)mine, (unsigned)mine);
    if (f)
        __real_fclose(f);
    else
        close(mine);
    errno = err;
    return NULL;
}

FILE *__wrap_popen(const char *command, const char *mode) {
    if (!hosted())
        return __real_popen(command, mode);
    hotso_record *busy = begin();
    FILE *f = start(command, mode);
    busy_end(busy);
    return f;
}

int __wrap_pclose(FILE *f) {
    if (!hosted())
        return __real_pclose(f);
    hotso_record *busy = begin();
    int fd = fileno(f), status = -1;
    pid_t child =
        fd > 2 && fd < HOTSO_MAX_FILES ? __atomic_exchange_n(&children[fd], 0, __ATOMIC_ACQ_REL) : 0;
    disowned(fd);
    __real_fclose(f);
    busy_end(busy);
    if (child <= 0) {
        errno = ECHILD;
        return -1;
    }
    while (waitpid(child, &status, 0) != child)
        if (errno != EINTR)
            return -1;
    return status;
}

DIR *__wrap_opendir(const char *path) {
    hotso_record *busy = begin();
    DIR *d = __real_opendir(path);
    if (d) {
        file_opened(dirfd(d));
        owned(dirfd(d), d, DIRECTORY);
    }
    busy_end(busy);
    return d;
}

DIR *__wrap_fdopendir(int fd) {
    hotso_record *busy = begin();
    DIR *d = __real_fdopendir(fd);
    if (d && file_ours(fd))
        owned(fd, d, DIRECTORY);
    busy_end(busy);
    return d;
}

int __wrap_closedir(DIR *d) {
    hotso_record *busy = begin();
    if (hosted())
        disowned(dirfd(d));
    int r = __real_closedir(d);
    busy_end(busy);
    return r;
}

#define OPEN(call)                                                                                           \
    hotso_record *busy = begin();                                                                            \
    int r = call;                                                                                            \
    file_opened(r);                                                                                          \
    busy_end(busy);                                                                                          \
    return r;

int __wrap_mkstemp(char *name) {
    OPEN(__real_mkstemp(name))
}

int __wrap_mkstemp64(char *name) {
    OPEN(__real_mkstemp64(name))
}

int __wrap_mkostemp(char *name, int flags) {
    OPEN(__real_mkostemp(name, flags))
}

int __wrap_mkostemp64(char *name, int flags) {
    OPEN(__real_mkostemp64(name, flags))
}

int __wrap_mkstemps(char *name, int suffix) {
    OPEN(__real_mkstemps(name, suffix))
}

int __wrap_mkstemps64(char *name, int suffix) {
    OPEN(__real_mkstemps64(name, suffix))
}

int __wrap_mkostemps(char *name, int suffix, int flags) {
    OPEN(__real_mkostemps(name, suffix, flags))
}

int __wrap_mkostemps64(char *name, int suffix, int flags) {
    OPEN(__real_mkostemps64(name, suffix, flags))
}

/* Closes what has descriptor fd, which is the library's and was left open, and reports whether
 * something had. By now all of its threads have ended. What was written to a file reaches it, as at exit(3);
 * nobody waits for the reader of a pipe. A stream that C code has locked is left: flockfile(3). */
int file_close_owner(int fd) {
    struct stat st;
    uintptr_t by = owners[fd];
    owners[fd] = 0;
    if (by == 0)
        return 0;
    if (by & DIRECTORY) {
        DIR *d = (DIR *)(by & ~(uintptr_t)DIRECTORY);
        return dirfd(d) == fd && __real_closedir(d) == 0;
    }
    FILE *f = (FILE *)by;
    if (ftrylockfile(f) != 0)
        return 0;
    funlockfile(f);
    if (fileno(f) != fd)
        return 0;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        __fpurge(f);
    __real_fclose(f); /* also closed if it fails */
    return 1;
}
