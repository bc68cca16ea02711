#include <stdint.h>

/* Registers functions of every kind, which write a letter each to fd. */
int register_all(int fd);

/* Registers one that goes wrong in a way; -1 if there is none of that name. */
int register_bad(const char *way);

int exit_in_child(int quick);
int fork_once(void);
