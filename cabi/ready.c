//go:build linux && (amd64 || arm64)

/* Every call from C into Go receives from the channel main_init_done, to wait for the
 * init functions (runtime/cgocall.go, cgocallbackg1). Once they have ended the channel is
 * closed, but each receive still takes and releases a lock that all callers share. So the
 * loader redirects that one call of runtime.chanrecv1 to here. It goes on to chanrecv1
 * until the host sets hotso_ready, which it does when its first call has returned; from
 * then on it returns at once. Its code is in ready_amd64.S and ready_arm64.S. */
#include "shim.h"

/* Set by the host: 1 once the init functions have ended. */
__attribute__((visibility("default"), used, section(".data"))) uint32_t hotso_ready;
