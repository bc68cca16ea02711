//go:build cgo && linux

/* In place of runtime.rtsigprocmask: mask_amd64.S says why.
 *
 * Twin of mask_amd64.S: same labels, same order. */
#include "offsets.h"

.text
.balign 4

.globl hotso_sigprocmask
.type hotso_sigprocmask, %function
hotso_sigprocmask:
    ldr w0, [sp, #8]
    ldr x1, [sp, #16]
    ldr x2, [sp, #24]
    ldr w3, [sp, #32]
    cbz x1, 1f
    ldr x9, [x1]
    and x9, x9, #~HOTSO_KILL_BIT
    str x9, [sp, #-16]  /* below sp: signal handlers run on another stack */
    sub x1, sp, #16
1:
    mov x8, #SYS_rt_sigprocmask
    svc #0
    cmn x0, #4095
    b.cs 2f
    ret
2:
    udf #0  /* as the runtime does */
.size hotso_sigprocmask, .-hotso_sigprocmask

.section .note.GNU-stack, "", %progbits
