/* What the assembly needs from shim.h, which it can't include: offsets in bytes, and
 * numbers. offsets.c compares them with the structs. */
#ifndef HOTSO_OFFSETS_H
#define HOTSO_OFFSETS_H

#include <sys/syscall.h>

#define HOTSO_CONFIG_RECORD 8
#define HOTSO_CONFIG_ENTRY 16

#define HOTSO_ENTRY_CRASH_FD 112
#define HOTSO_ENTRY_CRASHED 116
#define HOTSO_ENTRY_CRASH_MESSAGE 120
#define HOTSO_ENTRY_FATAL 124

#define HOTSO_RECORD_BUSY 12
#define HOTSO_RECORD_JUMP 16
#define HOTSO_JUMP_PREV 48

/* How a runtime ended, in the lowest byte of crashed: CrashExit and CrashSignal of
 * cabi/abi. */
#define HOTSO_CRASH_EXIT 1
#define HOTSO_CRASH_SIGNAL 2
#define HOTSO_CRASH_BY_C (1 << 16)

/* What a system call does with descriptors, see syscall.c. */
#define HOTSO_OPENS 1
#define HOTSO_OPENS_PAIR 2
#define HOTSO_OPENS_SOCKETPAIR 3
#define HOTSO_CLOSES 4
#define HOTSO_FCNTL 5
#define HOTSO_REPLACES 6
#define HOTSO_RECEIVES 7
#define HOTSO_RECEIVES_MANY 8
#define HOTSO_APART 9     /* see apart.c */
#define HOTSO_CHANGING 10 /* likewise; in a child it changes the child only */

#define HOTSO_APART_STACK 16384 /* bytes */

#define HOTSO_SYSCALLS 512        /* numbers from here on are not looked at */
#define HOTSO_MAX_FILES (1 << 18) /* descriptors from here on are not remembered */

/* linux/fcntl.h, bits/socket.h, struct msghdr and cmsghdr; the headers are C only. */
#define HOTSO_F_DUPFD 0
#define HOTSO_F_DUPFD_CLOEXEC 1030
#define HOTSO_SOL_SOCKET 1
#define HOTSO_SCM_RIGHTS 1
#define HOTSO_MSG_CONTROL 32
#define HOTSO_MSG_CONTROLLEN 40
#define HOTSO_CMSG_LEVEL 8
#define HOTSO_CMSG_TYPE 12
#define HOTSO_CMSG_DATA 16
#define HOTSO_STAT_INODE 8
#define HOTSO_STAT_SIZE 144 /* at least, and a multiple of 16 */

/* HOTSO_KILL_SIGNAL in a signal set. */
#define HOTSO_KILL_BIT (1 << 15)

/* asm-generic/signal-defs.h; signal.h is C only. */
#define HOTSO_SIG_UNBLOCK 1

#endif
