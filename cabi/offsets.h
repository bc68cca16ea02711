/* What the assembly needs of shim.h, which it can't read: offsets in bytes, and numbers.
 * offsets.c compares them with the structs. */
#ifndef HOTSO_OFFSETS_H
#define HOTSO_OFFSETS_H

#include <sys/syscall.h>

#define HOTSO_CONFIG_RECORD 8
#define HOTSO_CONFIG_ENTRY 16

#define HOTSO_ENTRY_CRASH_FD 112
#define HOTSO_ENTRY_CRASHED 116
#define HOTSO_ENTRY_CRASH_MESSAGE 120
#define HOTSO_ENTRY_FATAL 128

#define HOTSO_RECORD_JUMP 16
#define HOTSO_JUMP_PREV 48

/* How a runtime ended, in the lowest byte of crashed: CrashExit and CrashSignal of
 * cabi/abi. */
#define HOTSO_CRASH_EXIT 1
#define HOTSO_CRASH_SIGNAL 2

/* HOTSO_KILL_SIGNAL in a signal set. */
#define HOTSO_KILL_BIT (1 << 15)

/* asm-generic/signal-defs.h; signal.h is C only. */
#define HOTSO_SIG_UNBLOCK 1

#endif
