#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Writes to the file at path, keeps that and one of each kind, and returns how many descriptors
 * they have, or -1. Others are closed. */
int streams(const char *path) {
    char name[] = "/tmp/hotso-XXXXXX", text[8] = "";
    FILE *gone = popen("echo one; exit 3", "r");
    if (!gone || !fgets(text, sizeof text, gone) || text[0] != 'o' || WEXITSTATUS(pclose(gone)) != 3)
        return -1;
    if (popen("true", "x"))
        return -1;
    FILE *file = fopen(path, "w"), *again = fdopen(open("/dev/null", O_RDWR), "w");
    FILE *temporary = tmpfile(), *child = popen("cat >/dev/null", "we"), *null = fopen("/dev/null", "r");
    int fd = mkstemp(name);
    unlink(name);
    if (!file || !again || !temporary || !child || !null || fd < 0 || fputs("text", file) < 0 ||
        fputs("text", child) < 0)
        return -1;
    if (!(null = freopen("/dev/zero", "r", null)))
        return -1;
    DIR *closed = opendir("/proc/self"), *dir = opendir("/proc/self"),
        *given = fdopendir(open("/", O_RDONLY));
    if (!closed || !dir || !given || closedir(closed) != 0 || fclose(fopen("/dev/null", "r")) != 0)
        return -1;
    return 8;
}

/* Makes a stream of a descriptor that is somebody else's, and leaves it. */
int borrow(int fd) {
    return fdopen(fd, "r") ? 0 : -1;
}
