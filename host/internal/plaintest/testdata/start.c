/* start.c: the library's init functions never end; hotso_start does. */
#include "host.h"

int main(int argc, char **argv) {
    char text[256];
    size_t length = 0;
    if (argc != 2)
        return 2;
    alarm(60);
    load(argv[1]);
    for (int i = 0; i < 2; i++)
        check("start", FUNCTION(hotso_start)(SECOND / 10) == HOTSO_TIMEOUT);
    check("the message", FUNCTION(hotso_take)(HOTSO_TIMEOUT, text, sizeof text, &length) == HOTSO_OK &&
                             memmem(text, length, "init functions", 14) != NULL);
    printf("end\n");
}
