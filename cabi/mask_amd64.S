//go:build cgo && linux

/* No Go code of the library blocks the kill signal. The runtime blocks all signals
 * while it binds an M to a thread of the host's, and then waits for a lock; if the
 * runtime died meanwhile, the thread would wait for ever. In the private copy
 * runtime.rtsigprocmask (how int32, new, old *sigset, size int32; ABI0) jumps here,
 * and the signal is left out of every new set. It can't be C: its arguments
 * are where Go's ABI0 has them, and the stack is a goroutine's.
 *
 * Twin of mask_arm64.S: same labels, same order. */
#include "offsets.h"

.text
.globl hotso_sigprocmask
.type hotso_sigprocmask, @function
hotso_sigprocmask:
    movl 8(%rsp), %edi
    movq 16(%rsp), %rsi
    movq 24(%rsp), %rdx
    movl 32(%rsp), %r10d
    testq %rsi, %rsi
    jz 1f
    movq (%rsi), %rax
    andq $~HOTSO_KILL_BIT, %rax
    movq %rax, -16(%rsp)  /* in the red zone, psABI 3.2.2 */
    leaq -16(%rsp), %rsi
1:
    movl $SYS_rt_sigprocmask, %eax
    syscall
    cmpq $0xfffffffffffff001, %rax
    jae 2f
    ret
2:
    ud2  /* as the runtime does */
.size hotso_sigprocmask, .-hotso_sigprocmask

.section .note.GNU-stack, "", %progbits
