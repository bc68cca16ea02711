//go:build cgo && linux

/* In place of a call of runtime.chanrecv1: ready.c says why. It can't be C: it must leave
 * the stack and all registers as they are.
 *
 * Twin of ready_amd64.S: same labels, same order. */
#include "offsets.h"

.text
.balign 4

.globl hotso_wait_ready
.type hotso_wait_ready, %function
hotso_wait_ready:
    adrp x16, :got:hotso_ready  /* x16, x17: free between a call and its callee */
    ldr x16, [x16, :got_lo12:hotso_ready]
    ldr w17, [x16]
    cbz w17, hotso_receive
    ret

.globl hotso_receive
.type hotso_receive, %function
hotso_receive:
    udf #0  /* overwritten by the loader: a jump to chanrecv1 */
    .skip 12, 0
.size hotso_wait_ready, .-hotso_wait_ready

.section .note.GNU-stack, "", %progbits
