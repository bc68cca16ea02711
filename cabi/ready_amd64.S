//go:build cgo && linux

/* In place of a call of runtime.chanrecv1: ready.c says why. It can't be C: it must leave
 * the stack and all registers as they are.
 *
 * Twin of ready_arm64.S: same labels, same order. */
#include "offsets.h"

.text
.globl hotso_wait_ready
.type hotso_wait_ready, @function
hotso_wait_ready:
    pushq %rax
    movq hotso_ready@GOTPCREL(%rip), %rax
    cmpl $0, (%rax)
    popq %rax
    je hotso_receive
    ret

.globl hotso_receive
.type hotso_receive, @function
hotso_receive:
    ud2  /* overwritten by the loader: a jump to chanrecv1 */
    .skip 14, 0xcc
.size hotso_wait_ready, .-hotso_wait_ready

.section .note.GNU-stack, "", %progbits
