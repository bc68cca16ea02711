//go:build linux && (amd64 || arm64)

/* The assembly's view of the structs is the compiler's, or there is no library. */
#include <signal.h>
#include <stddef.h>
#include "offsets.h"
#include "shim.h"

#define SAME(number, value) _Static_assert((number) == (value), #number " in offsets.h")

SAME(HOTSO_CONFIG_RECORD, offsetof(hotso_config, record));
SAME(HOTSO_CONFIG_ENTRY, offsetof(hotso_config, entry));
SAME(HOTSO_ENTRY_CRASH_FD, offsetof(hotso_entry, crash_fd));
SAME(HOTSO_ENTRY_CRASHED, offsetof(hotso_entry, crashed));
SAME(HOTSO_ENTRY_CRASH_MESSAGE, offsetof(hotso_entry, crash_message));
SAME(HOTSO_ENTRY_FATAL, offsetof(hotso_entry, fatal));
SAME(HOTSO_RECORD_JUMP, offsetof(hotso_record, jump));
SAME(HOTSO_JUMP_PREV, offsetof(hotso_jump, prev));
SAME(HOTSO_KILL_BIT, 1 << (HOTSO_KILL_SIGNAL - 1));
SAME(HOTSO_SIG_UNBLOCK, SIG_UNBLOCK);
