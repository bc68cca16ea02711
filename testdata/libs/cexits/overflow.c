/* What a compiler makes of calls with -D_FORTIFY_SOURCE when it knows the size of the buffer. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cexits.h"

static char *volatile text = "longer than the buffer is";
static volatile size_t long_size = 24, length; /* what is returned goes somewhere */
long __fdelt_chk(long);
ssize_t __read_chk(int, void *, size_t, size_t);
char *__fgets_chk(char *, size_t, int, FILE *);

static void by_memcpy_chk(char *to, size_t room) {
    __builtin___memcpy_chk(to, text, long_size, room);
}
static void by_mempcpy_chk(char *to, size_t room) {
    length = (size_t)((char *)__builtin___mempcpy_chk(to, text, long_size, room) - to);
}
static void by_memmove_chk(char *to, size_t room) {
    __builtin___memmove_chk(to, text, long_size, room);
}
static void by_memset_chk(char *to, size_t room) {
    __builtin___memset_chk(to, 'x', long_size, room);
}
static void by_strcpy_chk(char *to, size_t room) {
    __builtin___strcpy_chk(to, text, room);
}
static void by_stpcpy_chk(char *to, size_t room) {
    length = (size_t)(__builtin___stpcpy_chk(to, text, room) - to);
}
static void by_strncpy_chk(char *to, size_t room) {
    __builtin___strncpy_chk(to, text, long_size, room);
}
static void by_strcat_chk(char *to, size_t room) {
    *(volatile char *)to = 0;
    __builtin___strcat_chk(to, text, room);
}
static void by_strncat_chk(char *to, size_t room) {
    *(volatile char *)to = 0;
    __builtin___strncat_chk(to, text, long_size, room);
}
static void by_sprintf_chk(char *to, size_t room) {
    __builtin___sprintf_chk(to, 1, room, "%s", text);
}
static void by_snprintf_chk(char *to, size_t room) {
    __builtin___snprintf_chk(to, long_size, 1, room, "%s", text);
}
static void by_read_chk(char *to, size_t room) {
    length = (size_t)__read_chk(-1, to, long_size, room);
}
static void by_fgets_chk(char *to, size_t room) {
    FILE *f = tmpfile();
    fputs(text, f);
    rewind(f);
    to = __fgets_chk(to, room, (int)long_size, f);
    fclose(f);
}
static void by_fdelt_chk(char *to, size_t room) {
    *to = (char)__fdelt_chk(room < long_size ? 1024 : 1023);
}

static const struct {
    const char *name;
    void (*f)(char *, size_t);
} writers[] = {
    {"memcpy", by_memcpy_chk},   {"mempcpy", by_mempcpy_chk},   {"memmove", by_memmove_chk},
    {"memset", by_memset_chk},   {"strcpy", by_strcpy_chk},     {"stpcpy", by_stpcpy_chk},
    {"strncpy", by_strncpy_chk}, {"strcat", by_strcat_chk},     {"strncat", by_strncat_chk},
    {"sprintf", by_sprintf_chk}, {"snprintf", by_snprintf_chk}, {"read", by_read_chk},
    {"fgets", by_fgets_chk},     {"FD_SET", by_fdelt_chk},
};

/* With a buffer that is large enough all goes on. */
void overflow(const char *name) {
    char to[64];
    for (size_t i = 0; i < sizeof writers / sizeof writers[0]; i++)
        if (strcmp(writers[i].name, name) == 0) {
            writers[i].f(to, sizeof to);
            writers[i].f(to, long_size - 1);
        }
}

/* fgets(3) may be told of more room than there is, if the line is not that long. */
static int lines_pass(void) {
    char to[8];
    FILE *f = tmpfile();
    if (!f || fputs("1234567\n123456\nlast", f) == EOF)
        return 5;
    fseek(f, 2, SEEK_SET);
    for (size_t i = 0; i < 3; i++) {
        static const char *const lines[] = {"34567\n", "123456\n", "last"};
        if (__fgets_chk(to, sizeof to, 100, f) != to || strcmp(to, lines[i]) != 0)
            return 6;
    }
    if (__fgets_chk(to, sizeof to, 100, f) != NULL || !feof(f) || fclose(f) != 0)
        return 7;
    return 0;
}

/* What open(2) and openat(2) are with -D_FORTIFY_SOURCE. */
int __open_2(const char *, int);
int __openat_2(int, const char *, int);
static int leaves_open(void) {
    return __open_2("/proc/self/mountinfo", O_RDONLY) < 0 ||
                   __openat_2(AT_FDCWD, "/proc/self/mountinfo", O_RDONLY) < 0
               ? 8
               : 0;
}

int fortified_pass(void) {
    return lines_pass() + leaves_open();
}
