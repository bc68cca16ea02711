//go:build linux && (amd64 || arm64)

/* Every call from C into Go receives from the closed channel main_init_done, to
 * wait for the init functions (runtime/cgocall.go, cgocallbackg1): a lock that
 * all callers share, taken and released. The loader lets that one call of
 * runtime.chanrecv1 come here. Before the host has set hotso_ready, after its
 * first call came back, it goes on to chanrecv1; from then on it returns at once.
 * Nothing runs here but these instructions: no stack, no register is changed. */
#include "shim.h"

/* The host's: 1 once the init functions have ended. */
__attribute__((visibility("default"), used, section(".data"))) uint32_t hotso_ready;

#if defined(__x86_64__)
__asm__(".pushsection .text\n"
        ".globl hotso_wait_ready\n"
        ".type hotso_wait_ready, @function\n"
        "hotso_wait_ready:\n"
        "  pushq %rax\n"
        "  movq hotso_ready@GOTPCREL(%rip), %rax\n"
        "  cmpl $0, (%rax)\n"
        "  popq %rax\n"
        "  je hotso_receive\n"
        "  ret\n"
        ".globl hotso_receive\n"
        ".type hotso_receive, @function\n"
        "hotso_receive:\n"
        "  ud2\n" /* the loader writes a jump to chanrecv1 */
        "  .skip 14, 0xcc\n"
        ".size hotso_wait_ready, .-hotso_wait_ready\n"
        ".popsection\n");
#else
__asm__(".pushsection .text\n"
        ".balign 4\n"
        ".globl hotso_wait_ready\n"
        ".type hotso_wait_ready, %function\n"
        "hotso_wait_ready:\n"
        "  adrp x16, :got:hotso_ready\n" /* x16, x17: free between a call and its callee */
        "  ldr x16, [x16, :got_lo12:hotso_ready]\n"
        "  ldr w17, [x16]\n"
        "  cbz w17, hotso_receive\n"
        "  ret\n"
        ".globl hotso_receive\n"
        ".type hotso_receive, %function\n"
        "hotso_receive:\n"
        "  udf #0\n" /* the loader writes a jump to chanrecv1 */
        "  .skip 12, 0\n"
        ".size hotso_wait_ready, .-hotso_wait_ready\n"
        ".popsection\n");
#endif
