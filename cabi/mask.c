//go:build linux && (amd64 || arm64)

/* No Go code of the library blocks the kill signal. The runtime blocks all signals
 * while it binds an M to a thread of the host's, and then waits for a lock; if it
 * dies meanwhile, the thread would wait for good. In the private copy
 * runtime.rtsigprocmask (how int32, new, old *sigset, size int32; ABI0) comes here,
 * and the signal is left out of every new set. */
#include "shim.h"

#if defined(__x86_64__)
__asm__(".pushsection .text\n"
        ".globl hotso_sigprocmask\n"
        ".type hotso_sigprocmask, @function\n"
        "hotso_sigprocmask:\n"
        "  movl 8(%rsp), %edi\n"
        "  movq 16(%rsp), %rsi\n"
        "  movq 24(%rsp), %rdx\n"
        "  movl 32(%rsp), %r10d\n"
        "  testq %rsi, %rsi\n"
        "  jz 1f\n"
        "  movq (%rsi), %rax\n"
        "  andq $~(1 << 15), %rax\n" /* HOTSO_KILL_SIGNAL */
        "  movq %rax, -16(%rsp)\n"   /* in the red zone, psABI 3.2.2 */
        "  leaq -16(%rsp), %rsi\n"
        "1:\n"
        "  movl $14, %eax\n" /* rt_sigprocmask */
        "  syscall\n"
        "  cmpq $0xfffffffffffff001, %rax\n"
        "  jae 2f\n"
        "  ret\n"
        "2:\n"
        "  ud2\n" /* as the runtime does */
        ".size hotso_sigprocmask, .-hotso_sigprocmask\n"
        ".popsection\n");
#else
__asm__(".pushsection .text\n"
        ".balign 4\n"
        ".globl hotso_sigprocmask\n"
        ".type hotso_sigprocmask, %function\n"
        "hotso_sigprocmask:\n"
        "  ldr w0, [sp, #8]\n"
        "  ldr x1, [sp, #16]\n"
        "  ldr x2, [sp, #24]\n"
        "  ldr w3, [sp, #32]\n"
        "  cbz x1, 1f\n"
        "  ldr x9, [x1]\n"
        "  and x9, x9, #0xffffffffffff7fff\n" /* HOTSO_KILL_SIGNAL */
        "  str x9, [sp, #-16]\n"              /* signals are taken on another stack */
        "  sub x1, sp, #16\n"
        "1:\n"
        "  mov x8, #135\n" /* rt_sigprocmask */
        "  svc #0\n"
        "  cmn x0, #4095\n"
        "  b.cs 2f\n"
        "  ret\n"
        "2:\n"
        "  udf #0\n" /* as the runtime does */
        ".size hotso_sigprocmask, .-hotso_sigprocmask\n"
        ".popsection\n");
#endif
