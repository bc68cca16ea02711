//go:build linux && (amd64 || arm64)

/* The assembly's view of the structs is the compiler's, or there is no library. */
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "offsets.h"
#include "shim.h"

#define SAME(number, value) _Static_assert((number) == (value), #number " in offsets.h")

SAME(HOTSO_CONFIG_RECORD, offsetof(hotso_config, record));
SAME(HOTSO_CONFIG_ENTRY, offsetof(hotso_config, entry));
SAME(HOTSO_ENTRY_CRASH_FD, offsetof(hotso_entry, crash_fd));
SAME(HOTSO_ENTRY_CRASHED, offsetof(hotso_entry, crashed));
SAME(HOTSO_ENTRY_CRASH_MESSAGE, offsetof(hotso_entry, crash_message));
SAME(HOTSO_ENTRY_FATAL, offsetof(hotso_entry, fatal));
SAME(HOTSO_RECORD_BUSY, offsetof(hotso_record, busy));
SAME(HOTSO_RECORD_JUMP, offsetof(hotso_record, jump));
SAME(HOTSO_JUMP_PREV, offsetof(hotso_jump, prev));
SAME(HOTSO_KILL_BIT, 1 << (HOTSO_KILL_SIGNAL - 1));
SAME(HOTSO_SIG_UNBLOCK, SIG_UNBLOCK);
SAME(HOTSO_F_DUPFD, F_DUPFD);
SAME(HOTSO_F_DUPFD_CLOEXEC, 1030);
SAME(HOTSO_SOL_SOCKET, SOL_SOCKET);
SAME(HOTSO_SCM_RIGHTS, SCM_RIGHTS);
SAME(HOTSO_MSG_CONTROL, offsetof(struct msghdr, msg_control));
SAME(HOTSO_MSG_CONTROLLEN, offsetof(struct msghdr, msg_controllen));
SAME(HOTSO_CMSG_LEVEL, offsetof(struct cmsghdr, cmsg_level));
SAME(HOTSO_CMSG_TYPE, offsetof(struct cmsghdr, cmsg_type));
SAME(HOTSO_CMSG_DATA, sizeof(struct cmsghdr));
SAME(0, offsetof(struct stat, st_dev));
SAME(HOTSO_STAT_INODE, offsetof(struct stat, st_ino));
_Static_assert(sizeof(struct stat) <= HOTSO_STAT_SIZE, "HOTSO_STAT_SIZE in offsets.h");
