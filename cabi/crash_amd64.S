//go:build cgo && linux

/* Where the Go runtime arrives when it wants to end the process. Each of its ways out goes
 * through runtime.exit, runtime.dieFromSignal or runtime.raiseproc (by which it has all
 * threads print their stacks after a fault in C code). In its private copy the loader
 * overwrites the first bytes of these with jumps to the three stubs below. The stubs run on
 * any stack, a goroutine's of 2 KiB or a signal stack, and with any signal mask, so they use
 * neither a stack nor C:
 *
 *   - the first thread to arrive writes into the entry how the runtime ended, and the code;
 *   - the host's eventfd is written to: its reader closes the version's gate, frees the
 *     callers, and unloads the version;
 *   - the kill signal is unblocked, since the handler of a fatal signal blocks all signals;
 *   - the thread waits to be ended or, if it is one of the host's, ejected.
 *
 * hotso_crash_unwind replaces runtime.unwindm, which a panic runs on its way out of an
 * exported function. Such a panic ends the process, so the runtime treats the thread's stack
 * above that call as free, and prints over it. Here it must not: the frames there are the
 * host's. And if the host called the function from a callback, the panic must not reach a
 * function that recovers around the callback, as that would skip the host's frames: it
 * throws. The loader writes a jump to runtime.throw over hotso_crash_throw.
 *
 * hotso_crash_write replaces runtime.write1. The runtime's crash output begins only after
 * the line "fatal error: ...", which says why. So from these words to the end of the line,
 * what goes to descriptor 2 goes to the host's descriptor as well. The host is also told at
 * once that a library's runtime is giving up, as it may never get as far as ending the
 * process: two goroutines that give up at the same time can wait for each other for ever
 * (one in throw, one in fatal: paniclk and debuglock, runtime/panic.go).
 *
 * Twin of crash_arm64.S: same labels, same order. */
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
.globl hotso_crash_exit
.type hotso_crash_exit, @function
hotso_crash_exit:
    movl 8(%rsp), %ecx  /* runtime.exit(code int32), ABI0: after the return address */
    movl $HOTSO_CRASH_EXIT, %edx
    jmp 1f

.globl hotso_crash_raise
.type hotso_crash_raise, @function
hotso_crash_raise:
    movl 8(%rsp), %ecx  /* runtime.raiseproc(sig uint32), ABI0 */
    movl $HOTSO_CRASH_SIGNAL, %edx
    jmp 1f

.globl hotso_crash_signal
.type hotso_crash_signal, @function
hotso_crash_signal:
    movl %eax, %ecx  /* runtime.dieFromSignal(sig uint32), ABIInternal */
    movl $HOTSO_CRASH_SIGNAL, %edx
1:
    movzbl %cl, %ecx
    shll $8, %ecx
    orl %ecx, %edx
    movq hotso_load_config@GOTPCREL(%rip), %rbx
    movq HOTSO_CONFIG_ENTRY(%rbx), %rbx
    testq %rbx, %rbx
    jz 3f  /* a child, see children.c */
    xorl %eax, %eax
    lock cmpxchgl %edx, HOTSO_ENTRY_CRASHED(%rbx)
    movl $SYS_write, %eax
    movl HOTSO_ENTRY_CRASH_FD(%rbx), %edi
    leaq hotso_crash_one(%rip), %rsi
    movl $8, %edx
    syscall
    movl $SYS_rt_sigprocmask, %eax
    movl $HOTSO_SIG_UNBLOCK, %edi
    leaq hotso_crash_mask(%rip), %rsi
    xorl %edx, %edx
    movl $8, %r10d
    syscall
2:
    movl $SYS_pause, %eax
    syscall
    jmp 2b
3:
    movl $SYS_exit_group, %eax  /* with the code, or with the number of the signal */
    movl %edx, %edi
    shrl $8, %edi
    syscall
    ud2
.size hotso_crash_exit, .-hotso_crash_exit

/* func unwindm(restore *bool), ABIInternal */
.globl hotso_crash_unwind
.type hotso_crash_unwind, @function
hotso_crash_unwind:
    cmpb $0, (%rax)
    je 9f
    movq hotso_load_config@GOTPCREL(%rip), %rcx
    movq HOTSO_CONFIG_RECORD(%rcx), %rcx
    addq %fs:0, %rcx  /* record */
    movq HOTSO_RECORD_JUMP(%rcx), %rcx
    movq HOTSO_JUMP_PREV(%rcx), %rcx
    testb $1, %cl  /* made by the host? */
    je 9f
    cmpq $0, -1(%rcx)  /* from a callback? */
    je 9f
    leaq hotso_crash_left(%rip), %rax  /* func throw(s string) */
    movl $hotso_crash_left_end-hotso_crash_left, %ebx

.globl hotso_crash_throw
.type hotso_crash_throw, @function
hotso_crash_throw:
    ud2
    ud2
    ud2
.size hotso_crash_throw, .-hotso_crash_throw
9:
    ret
.size hotso_crash_unwind, .-hotso_crash_unwind

/* func write1(fd uintptr, p unsafe.Pointer, n int32) int32, ABI0 */
.globl hotso_crash_write
.type hotso_crash_write, @function
hotso_crash_write:
    movq 8(%rsp), %rdi
    movq 16(%rsp), %rsi
    movl 24(%rsp), %edx
    movl $SYS_write, %eax
    syscall
    movl %eax, 32(%rsp)
    cmpq $2, %rdi
    jne 9f
    leaq hotso_crash_copy(%rip), %r8
    cmpl $8, %edx
    jl 5f
    movq (%rsi), %rax
    cmpq hotso_crash_words(%rip), %rax
    jne 5f
    movq $1, (%r8)
    movq hotso_load_config@GOTPCREL(%rip), %rcx
    movq HOTSO_CONFIG_ENTRY(%rcx), %rcx
    testq %rcx, %rcx
    jz 9f  /* a child */
    movl $1, HOTSO_ENTRY_FATAL(%rcx)
    movl HOTSO_ENTRY_CRASH_FD(%rcx), %edi
    movq %rsi, %r9
    movl %edx, %r10d
    leaq hotso_crash_one(%rip), %rsi
    movl $8, %edx
    movl $SYS_write, %eax
    syscall
    movq %r9, %rsi
    movl %r10d, %edx
5:
    cmpq $0, (%r8)
    je 9f
    movq hotso_load_config@GOTPCREL(%rip), %rcx
    movq HOTSO_CONFIG_ENTRY(%rcx), %rcx
    testq %rcx, %rcx
    jz 9f
    movl HOTSO_ENTRY_CRASH_MESSAGE(%rcx), %edi
    movl $SYS_write, %eax
    syscall
    cmpl $1, %edx
    jne 9f
    cmpb $10, (%rsi)  /* newline: a write of its own */
    jne 9f
    movq $0, (%r8)
9:
    ret
.size hotso_crash_write, .-hotso_crash_write

.section .note.GNU-stack, "", %progbits
