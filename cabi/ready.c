//go:build linux && (amd64 || arm64)

/* Every call from C into Go receives from the closed channel main_init_done, to
 * wait for the init functions (runtime/cgocall.go, cgocallbackg1): a lock that
 * all callers share, taken and released. The loader lets that one call of
 * runtime.chanrecv1 come here. Before the host has set hotso_ready, after its
 * first call came back, it goes on to chanrecv1; from then on it returns at once.
 * Nothing runs there but the instructions of ready_amd64.S and ready_arm64.S. */
#include "shim.h"

/* The host's: 1 once the init functions have ended. */
__attribute__((visibility("default"), used, section(".data"))) uint32_t hotso_ready;
