//go:build cgo && linux

/* Every system call of the library's Go code: syscall_amd64.S says how it works, and why
 * it can't be C. On arm64 Syscall6 has ABI0 (its arguments and results are on the stack,
 * after the link register's slot), and g is in x28.
 *
 * Twin of syscall_amd64.S: same labels, same order. */
#include "offsets.h"

#define ADDRESS(reg, name)  \
    adrp reg, name;         \
    add reg, reg, :lo12:name

.text
.balign 4

/* func Syscall6(num, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2, errno uintptr), ABI0 */
.globl hotso_syscall
.type hotso_syscall, %function
hotso_syscall:
    ldr x8, [sp, #8]
    ldp x0, x1, [sp, #16]
    ldp x2, x3, [sp, #32]
    ldp x4, x5, [sp, #48]
    mov w9, #0
    cmp x8, #HOTSO_SYSCALLS
    b.hs 1f
    ADDRESS(x10, hotso_syscall_kinds)
    ldrb w9, [x10, x8]
    cbnz w9, hotso_syscall_noted
1:
    svc #0
2:
    cmn x0, #4095
    b.lo 3f
    mov x4, #-1
    str x4, [sp, #64]
    str xzr, [sp, #72]
    neg x0, x0
    str x0, [sp, #80]
    ret
3:
    str x0, [sp, #64]
    str x1, [sp, #72]
    str xzr, [sp, #80]
    ret
.size hotso_syscall, .-hotso_syscall

/* w9: the kind. x10 to x17 and x19 to x26: free, as all registers but x18, x28, x29 and x30. */
.globl hotso_syscall_noted
.hidden hotso_syscall_noted
.type hotso_syscall_noted, %function
hotso_syscall_noted:
    mov x19, x30
    cmp w9, #HOTSO_APART
    b.eq 8f
    cmp w9, #HOTSO_CHANGING
    b.ne 12f
    mov x12, x0
    mov x20, x8
    bl hotso_in_child
    mov x30, x19
    mov x8, x20
    mov x0, x12
    b.ne 1b
    b 8f
12:
    cmp w9, #HOTSO_CLOSES
    b.ne hotso_syscall_made
    cmp x0, #HOTSO_MAX_FILES
    b.hs hotso_syscall_made
    mov x12, x0
    mov x20, x8
    bl hotso_in_child
    mov x8, x20
    mov x0, x12
    b.ne hotso_syscall_made
    ADDRESS(x10, hotso_open_files)
    lsr x11, x12, #6
    add x10, x10, x11, lsl #3
    mov x11, #1
    lsl x11, x11, x12
11:
    ldaxr x13, [x10]
    bic x13, x13, x11
    stlxr w14, x13, [x10]
    cbnz w14, 11b

.globl hotso_syscall_made
.hidden hotso_syscall_made
hotso_syscall_made:
    svc #0
    mov x30, x19
    cmn x0, #4095
    b.hs 2b
    cmp w9, #HOTSO_CLOSES
    b.eq 3b
    mov x20, x0
    mov x21, x1
    cmp w9, #HOTSO_FCNTL
    b.ne 4f
    ldr x1, [sp, #24]
    cmp x1, #HOTSO_F_DUPFD
    b.eq 4f
    cmp x1, #HOTSO_F_DUPFD_CLOEXEC
    b.ne 9f
4:
    cmp w9, #HOTSO_RECEIVES_MANY
    b.ne 41f
    mov x8, #SYS_recvmmsg
    b 8f
41:
    ldr x22, [sp, #24]  /* a2 */
    cmp w9, #HOTSO_RECEIVES
    b.ne 5f
    ldr x10, [x22, #HOTSO_MSG_CONTROLLEN]
    cmp x10, #HOTSO_CMSG_DATA+4
    b.lo 9f
5:
    bl hotso_in_child
    b.ne 9f
    ldr x23, [sp, #16]  /* a1 */
    cmp w9, #HOTSO_OPENS_PAIR
    b.eq 6f
    ldr x23, [sp, #40]  /* a4 */
    cmp w9, #HOTSO_OPENS_SOCKETPAIR
    b.eq 6f
    cmp w9, #HOTSO_RECEIVES
    b.eq 7f
    cmp w9, #HOTSO_REPLACES
    b.ne 51f
    cmp x20, #2  /* its standard streams are the process's, whoever replaces them */
    b.ls 9f
51:
    mov x12, x20
    bl hotso_note
    b 9f
6:  /* x23: two descriptors */
    ldr w12, [x23]
    bl hotso_note
    ldr w12, [x23, #4]
    bl hotso_note
    b 9f
7:  /* x22: a struct msghdr; walk its control messages, cmsg(3) */
    ldr x23, [x22, #HOTSO_MSG_CONTROL]
    ldr x24, [x22, #HOTSO_MSG_CONTROLLEN]
    add x24, x24, x23
71:
    add x25, x23, #HOTSO_CMSG_DATA
    cmp x25, x24
    b.hi 9f
    ldr x26, [x23]
    cmp x26, #HOTSO_CMSG_DATA
    b.lo 9f
    add x22, x26, #7
    and x22, x22, #-8  /* of the length: the buffer may begin anywhere */
    add x22, x22, x23
    add x26, x26, x23
    cmp x26, x24
    b.hi 9f
    ldr w10, [x23, #HOTSO_CMSG_LEVEL]
    cmp w10, #HOTSO_SOL_SOCKET
    b.ne 73f
    ldr w10, [x23, #HOTSO_CMSG_TYPE]
    cmp w10, #HOTSO_SCM_RIGHTS
    b.ne 73f
72:
    add x10, x25, #4
    cmp x10, x26
    b.hi 73f
    ldr w12, [x25]
    bl hotso_note
    add x25, x25, #4
    b 72b
73:
    mov x23, x22
    b 71b
8:
    ldp x0, x1, [sp, #16]
    ldp x2, x3, [sp, #32]
    ldp x4, x5, [sp, #48]
    adr x24, 83f
    b hotso_on_other_stack
83:
    ldr x1, [sp, #24]  /* r2: the kernel leaves it as it was */
    mov x30, x19
    b 2b
9:
    mov x0, x20
    mov x1, x21
    mov x30, x19
    b 3b
.size hotso_syscall_noted, .-hotso_syscall_noted

/* Calls hotso_apart on a stack of its own. x8 and the argument registers are those of a system
 * call, x20 is its result if it was made; x24: where to go on. Takes all registers but x18, x19,
 * x28, x29 and sp. */
.type hotso_on_other_stack, %function
hotso_on_other_stack:
    mov x21, sp
    mrs x22, tpidr_el0
    ADDRESS(x10, hotso_load_config)
    ldr x10, [x10, #HOTSO_CONFIG_RECORD]
    add x22, x22, x10
    ldr w10, [x22, #HOTSO_RECORD_BUSY]
    add w10, w10, #1
    str w10, [x22, #HOTSO_RECORD_BUSY]
    ADDRESS(x23, hotso_apart_lock)
    mov w11, #1
1:
    ldaxr w10, [x23]
    cbnz w10, 1b
    stxr w12, w11, [x23]
    cbnz w12, 1b
    ADDRESS(x10, hotso_apart_stack+HOTSO_APART_STACK-64)
    stp x8, x0, [x10]
    stp x1, x2, [x10, #16]
    stp x3, x4, [x10, #32]
    stp x5, x20, [x10, #48]
    mov sp, x10
    mov x0, x10
    bl hotso_apart
    mov sp, x21
    stlr wzr, [x23]
    ldr w10, [x22, #HOTSO_RECORD_BUSY]
    sub w10, w10, #1
    str w10, [x22, #HOTSO_RECORD_BUSY]
    br x24
.size hotso_on_other_stack, .-hotso_on_other_stack

/* The runtime makes these system calls for its profiler (runtime/os_linux.go): it has a timer for
 * each thread that runs Go code, and one for the process. They are ABI0. */

/* func timer_create(clockid int32, sevp *sigevent, timerid *int32) int32 */
.globl hotso_timer_create
.type hotso_timer_create, %function
hotso_timer_create:
    mov x19, x30
    mov x8, #SYS_timer_create
    ldr w0, [sp, #8]
    ldp x1, x2, [sp, #16]
    adr x24, 1f
    b hotso_on_other_stack
1:
    str w0, [sp, #32]
    ret x19
.size hotso_timer_create, .-hotso_timer_create

/* func timer_delete(timerid int32) int32 */
.globl hotso_timer_delete
.type hotso_timer_delete, %function
hotso_timer_delete:
    mov x19, x30
    mov x8, #SYS_timer_delete
    ldr w0, [sp, #8]
    adr x24, 1f
    b hotso_on_other_stack
1:
    str w0, [sp, #16]
    ret x19
.size hotso_timer_delete, .-hotso_timer_delete

/* func setitimer(mode int32, new, old *itimerval) */
.globl hotso_setitimer
.type hotso_setitimer, %function
hotso_setitimer:
    mov x19, x30
    mov x8, #SYS_setitimer
    ldr w0, [sp, #8]
    ldp x1, x2, [sp, #16]
    adr x24, 1f
    b hotso_on_other_stack
1:
    ret x19
.size hotso_setitimer, .-hotso_setitimer

/* System calls that can't fail have a function of their own in package syscall, and one in
 * golang.org/x/sys/unix. One of them matters: umask. In a child it is the child's.
 *
 * func rawSyscallNoError(trap, a1, a2, a3 uintptr) (r1, r2 uintptr), ABI0 */
.globl hotso_syscall_sure
.type hotso_syscall_sure, %function
hotso_syscall_sure:
    mov x19, x30
    ldr x9, [sp, #8]
    cmp x9, #SYS_umask
    b.ne 1f
    bl hotso_in_child
    adr x24, 11f
    mov x8, #SYS_umask
    ldr x0, [sp, #16]
    b.eq hotso_on_other_stack
1:
    ldr x8, [sp, #8]
    ldp x0, x1, [sp, #16]
    ldr x2, [sp, #32]
    svc #0
2:
    stp x0, x1, [sp, #40]
    ret x19
11:
    ldr x1, [sp, #24]
    b 2b
.size hotso_syscall_sure, .-hotso_syscall_sure

/* Not equal if this is a child. Takes x0, x8, x10. */
.type hotso_in_child, %function
hotso_in_child:
    mov x8, #SYS_getpid
    svc #0
    ADDRESS(x10, hotso_process)
    ldr w10, [x10]
    cmp w0, w10
    ret
.size hotso_in_child, .-hotso_in_child

/* Remembers descriptor w12. Takes x0, x1, x8, x10 to x15. */
.type hotso_note, %function
hotso_note:
    mov w12, w12
    cmp x12, #HOTSO_MAX_FILES
    b.hs 9f
    ADDRESS(x15, hotso_files)
    add x15, x15, x12, lsl #4
    stp xzr, xzr, [x15]
    sub x1, sp, #HOTSO_STAT_SIZE
    ldr x10, [x28]
    cmp x1, x10
    b.ls 8f
    sub sp, sp, #HOTSO_STAT_SIZE
    mov x1, sp
    mov x0, x12
    mov x8, #SYS_fstat
    svc #0
    cmn x0, #9  /* EBADF: it is closed already */
    b.eq 6f
    cbnz x0, 7f
    ldr x10, [sp]
    ldr x11, [sp, #HOTSO_STAT_INODE]
    stp x10, x11, [x15]
7:
    add sp, sp, #HOTSO_STAT_SIZE
8:
    ADDRESS(x10, hotso_open_files)
    lsr x11, x12, #6
    add x10, x10, x11, lsl #3
    mov x11, #1
    lsl x11, x11, x12
81:
    ldaxr x13, [x10]
    orr x13, x13, x11
    stlxr w14, x13, [x10]
    cbnz w14, 81b
9:
    ret
6:
    add sp, sp, #HOTSO_STAT_SIZE
    ret
.size hotso_note, .-hotso_note

.globl hotso_syscall_end
.hidden hotso_syscall_end
hotso_syscall_end:

.section .note.GNU-stack, "", %progbits
