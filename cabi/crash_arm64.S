//go:build cgo && linux

/* Where the Go runtime arrives when it wants to end the process: crash_amd64.S says how it
 * works, and why it can be neither C nor Go.
 *
 * Twin of crash_amd64.S: same labels, same order. */
#include "offsets.h"

.section .rodata
.balign 8
hotso_crash_one: .quad 1
hotso_crash_mask: .quad HOTSO_KILL_BIT
hotso_crash_words: .ascii "fatal er"
hotso_crash_left: .ascii "panic out of a function that the host called from a callback"
hotso_crash_left_end:

.data
.balign 8
hotso_crash_copy: .quad 0  /* 1 while that line is being written */

.text
.balign 4

.globl hotso_crash_exit
.type hotso_crash_exit, %function
hotso_crash_exit:
    ldr w9, [sp, #8]  /* runtime.exit(code int32), ABI0: after the link register's slot */
    mov w10, #HOTSO_CRASH_EXIT
    b 1f

.globl hotso_crash_raise
.type hotso_crash_raise, %function
hotso_crash_raise:
    ldr w9, [sp, #8]  /* runtime.raiseproc(sig uint32), ABI0 */
    mov w10, #HOTSO_CRASH_SIGNAL
    b 1f

.globl hotso_crash_signal
.type hotso_crash_signal, %function
hotso_crash_signal:
    mov w9, w0  /* runtime.dieFromSignal(sig uint32), ABIInternal */
    mov w10, #HOTSO_CRASH_SIGNAL
1:
    and w9, w9, #0xff
    orr w10, w10, w9, lsl #8
    adrp x19, :got:hotso_load_config
    ldr x19, [x19, :got_lo12:hotso_load_config]
    ldr x19, [x19, #HOTSO_CONFIG_ENTRY]
    cbz x19, 5f  /* a child, see children.c */
    add x11, x19, #HOTSO_ENTRY_CRASHED
3:
    ldaxr w12, [x11]
    cbnz w12, 4f
    stlxr w13, w10, [x11]
    cbnz w13, 3b
4:
    mov x8, #SYS_write
    ldr w0, [x19, #HOTSO_ENTRY_CRASH_FD]
    adrp x1, hotso_crash_one
    add x1, x1, :lo12:hotso_crash_one
    mov x2, #8
    svc #0
    mov x8, #SYS_rt_sigprocmask
    mov x0, #HOTSO_SIG_UNBLOCK
    adrp x1, hotso_crash_mask
    add x1, x1, :lo12:hotso_crash_mask
    mov x2, #0
    mov x3, #8
    svc #0
2:
    mov x8, #SYS_ppoll  /* ppoll(0, 0, 0, 0) */
    mov x0, #0
    mov x1, #0
    mov x2, #0
    mov x3, #0
    svc #0
    b 2b
5:
    mov x8, #SYS_exit_group  /* with the code, or with the number of the signal */
    mov w0, w9
    svc #0
    udf #0
.size hotso_crash_exit, .-hotso_crash_exit

/* func unwindm(restore *bool), ABIInternal */
.globl hotso_crash_unwind
.type hotso_crash_unwind, %function
hotso_crash_unwind:
    ldrb w9, [x0]
    cbz w9, 9f
    adrp x9, :got:hotso_load_config
    ldr x9, [x9, :got_lo12:hotso_load_config]
    ldr x9, [x9, #HOTSO_CONFIG_RECORD]
    mrs x10, tpidr_el0
    add x9, x9, x10  /* record */
    ldr x9, [x9, #HOTSO_RECORD_JUMP]
    ldr x9, [x9, #HOTSO_JUMP_PREV]
    tbz x9, #0, 9f  /* made by the host? */
    ldur x9, [x9, #-1]
    cbz x9, 9f  /* from a callback? */
    adrp x0, hotso_crash_left  /* func throw(s string) */
    add x0, x0, :lo12:hotso_crash_left
    mov x1, #hotso_crash_left_end-hotso_crash_left

.globl hotso_crash_throw
.type hotso_crash_throw, %function
hotso_crash_throw:
    brk #0
.size hotso_crash_throw, .-hotso_crash_throw
9:
    ret
.size hotso_crash_unwind, .-hotso_crash_unwind

/* func write1(fd uintptr, p unsafe.Pointer, n int32) int32, ABI0 */
.globl hotso_crash_write
.type hotso_crash_write, %function
hotso_crash_write:
    ldr x0, [sp, #8]
    ldr x1, [sp, #16]
    ldr w2, [sp, #24]
    mov x9, x0
    mov x8, #SYS_write
    svc #0
    str w0, [sp, #32]
    cmp x9, #2
    b.ne 9f
    adrp x10, hotso_crash_copy
    add x10, x10, :lo12:hotso_crash_copy
    cmp w2, #8
    b.lt 5f
    ldr x11, [x1]
    adrp x12, hotso_crash_words
    ldr x12, [x12, :lo12:hotso_crash_words]
    cmp x11, x12
    b.ne 5f
    mov x11, #1
    str x11, [x10]
    adrp x12, :got:hotso_load_config
    ldr x12, [x12, :got_lo12:hotso_load_config]
    ldr x12, [x12, #HOTSO_CONFIG_ENTRY]
    cbz x12, 9f  /* a child */
    str w11, [x12, #HOTSO_ENTRY_FATAL]
    ldr w0, [x12, #HOTSO_ENTRY_CRASH_FD]
    mov x13, x1
    mov w14, w2
    adrp x1, hotso_crash_one
    add x1, x1, :lo12:hotso_crash_one
    mov x2, #8
    svc #0
    mov x1, x13
    mov w2, w14
5:
    ldr x11, [x10]
    cbz x11, 9f
    adrp x12, :got:hotso_load_config
    ldr x12, [x12, :got_lo12:hotso_load_config]
    ldr x12, [x12, #HOTSO_CONFIG_ENTRY]
    cbz x12, 9f
    ldr w0, [x12, #HOTSO_ENTRY_CRASH_MESSAGE]
    svc #0
    cmp w2, #1
    b.ne 9f
    ldrb w11, [x1]
    cmp w11, #10  /* newline: a write of its own */
    b.ne 9f
    str xzr, [x10]
9:
    ret
.size hotso_crash_write, .-hotso_crash_write

.section .note.GNU-stack, "", %progbits
