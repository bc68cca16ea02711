//go:build cgo && linux

/* Every system call of the library's Go code. In the private copy the first bytes of
 * internal/runtime/syscall/linux.Syscall6 are a jump to this function, which does the
 * same, and keeps track of the descriptors that the calls listed in syscall.c open and
 * close. All other calls cost only a look into that table.
 *
 * It may run on a goroutine's stack with 800 bytes left, or on a stack that it knows
 * nothing about, so it can't be C. It uses that stack only if what it needs is within the
 * bounds (g.stack.lo, the first word of the g in R14, go.dev/s/regabi). Otherwise it can't
 * look at the file, and the descriptor is remembered by its number alone.
 *
 * A child between vfork and exec runs in the parent's memory with descriptors of its
 * own (syscall.forkAndExecInChild1). What it opens and closes is not noted; it is
 * recognized by its process id, which is not hotso_process.
 *
 * Twin of syscall_arm64.S: same labels, same order. */
#include "offsets.h"

.text

/* func Syscall6(num, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2, errno uintptr), ABIInternal */
.globl hotso_syscall
.type hotso_syscall, @function
hotso_syscall:
    movq %rsi, %r10
    movq %rdi, %rdx
    movq %rcx, %rsi
    movq %rbx, %rdi
    xorl %ebx, %ebx
    cmpq $HOTSO_SYSCALLS, %rax
    jae 1f
    leaq hotso_syscall_kinds(%rip), %rcx
    movzbl (%rcx,%rax), %ebx
    testl %ebx, %ebx
    jnz hotso_syscall_noted
1:
    syscall
2:
    cmpq $0xfffffffffffff001, %rax
    jbe 3f
    negq %rax
    movq %rax, %rcx
    movq $-1, %rax
    xorl %ebx, %ebx
    ret
3:
    movq %rdx, %rbx
    xorl %ecx, %ecx
    ret
.size hotso_syscall, .-hotso_syscall

/* rbx: the kind. r12, r13: free, as all registers but r14 and rsp. */
.globl hotso_syscall_noted
.hidden hotso_syscall_noted
.type hotso_syscall_noted, @function
hotso_syscall_noted:
    cmpl $HOTSO_APART, %ebx
    je 8f
    cmpl $HOTSO_CHANGING, %ebx
    jne 12f
    movq %rax, %r12
    call hotso_in_child
    movq %r12, %rax
    je 8f
    jmp 1b
12:
    cmpl $HOTSO_CLOSES, %ebx
    jne hotso_syscall_made
    cmpq $HOTSO_MAX_FILES, %rdi
    jae hotso_syscall_made
    movq %rax, %r12
    call hotso_in_child
    movq %r12, %rax
    jne hotso_syscall_made
    lock btrq %rdi, hotso_open_files(%rip)

.globl hotso_syscall_made
.hidden hotso_syscall_made
hotso_syscall_made:
    syscall
    cmpq $0xfffffffffffff001, %rax
    ja 2b
    cmpl $HOTSO_CLOSES, %ebx
    je 3b
    movq %rax, %r12
    movq %rdx, %r13
    cmpl $HOTSO_FCNTL, %ebx
    jne 4f
    cmpq $HOTSO_F_DUPFD, %rsi
    je 4f
    cmpq $HOTSO_F_DUPFD_CLOEXEC, %rsi
    jne 9f
4:
    cmpl $HOTSO_RECEIVES_MANY, %ebx
    jne 41f
    movl $SYS_recvmmsg, %eax
    jmp 8f
41:
    cmpl $HOTSO_RECEIVES, %ebx
    jne 5f
    cmpq $HOTSO_CMSG_DATA+4, HOTSO_MSG_CONTROLLEN(%rsi)
    jb 9f
5:
    call hotso_in_child
    jne 9f
    cmpl $HOTSO_OPENS_PAIR, %ebx
    je 6f
    movq %r10, %rdi
    cmpl $HOTSO_OPENS_SOCKETPAIR, %ebx
    je 6f
    cmpl $HOTSO_RECEIVES, %ebx
    je 7f
    movq %r12, %rax
    cmpl $HOTSO_REPLACES, %ebx
    jne 51f
    cmpq $2, %rax  /* its standard streams are the process's, whoever replaces them */
    jbe 9f
51:
    call hotso_note
    jmp 9f
6:  /* rdi: two descriptors */
    movq %rdi, %rbx
    movl (%rbx), %eax
    call hotso_note
    movl 4(%rbx), %eax
    call hotso_note
    jmp 9f
7:  /* rsi: a struct msghdr; walk its control messages, cmsg(3) */
    movq HOTSO_MSG_CONTROL(%rsi), %rbx
    movq HOTSO_MSG_CONTROLLEN(%rsi), %r10
    addq %rbx, %r10
71:
    leaq HOTSO_CMSG_DATA(%rbx), %rdx
    cmpq %r10, %rdx
    ja 9f
    movq (%rbx), %r15
    cmpq $HOTSO_CMSG_DATA, %r15
    jb 9f
    leaq 7(%r15), %r9
    andq $-8, %r9  /* of the length: the buffer may begin anywhere */
    addq %rbx, %r9
    addq %rbx, %r15
    cmpq %r10, %r15
    ja 9f
    cmpl $HOTSO_SOL_SOCKET, HOTSO_CMSG_LEVEL(%rbx)
    jne 73f
    cmpl $HOTSO_SCM_RIGHTS, HOTSO_CMSG_TYPE(%rbx)
    jne 73f
72:
    leaq 4(%rdx), %rax
    cmpq %r15, %rax
    ja 73f
    movl (%rdx), %eax
    call hotso_note
    addq $4, %rdx
    jmp 72b
73:
    movq %r9, %rbx
    jmp 71b
8:
    leaq 2b(%rip), %r15
    jmp hotso_on_other_stack
9:
    movq %r12, %rax
    movq %r13, %rbx
    xorl %ecx, %ecx
    ret
.size hotso_syscall_noted, .-hotso_syscall_noted

/* Calls hotso_apart on a stack of its own. rax and the argument registers are those of a system
 * call, r12 is its result if it was made; r15: where to go on, as there may be no room for a return
 * address. Takes all registers but r14, rsp and rbp. */
.type hotso_on_other_stack, @function
hotso_on_other_stack:
    movq %rsp, %r13
    movq %fs:0, %rbx  /* the TCB's first word points to itself */
    addq hotso_load_config+HOTSO_CONFIG_RECORD(%rip), %rbx
    incl HOTSO_RECORD_BUSY(%rbx)
1:
    movl $1, %ecx
    xchgl %ecx, hotso_apart_lock(%rip)
    testl %ecx, %ecx
    jz 2f
    pause
    jmp 1b
2:
    leaq hotso_apart_stack+HOTSO_APART_STACK(%rip), %rsp
    pushq %r12
    pushq %r9
    pushq %r8
    pushq %r10
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %rax
    movq %rsp, %rdi
    movq %rdx, %r12
    call hotso_apart
    movq %r12, %rdx  /* r2: the kernel leaves it as it was, and there is code that looks at it */
    movq %r13, %rsp
    movl $0, hotso_apart_lock(%rip)
    decl HOTSO_RECORD_BUSY(%rbx)
    pxor %xmm15, %xmm15  /* Go's zero, go.dev/s/regabi */
    jmpq *%r15
.size hotso_on_other_stack, .-hotso_on_other_stack

/* The runtime makes these system calls for its profiler (runtime/os_linux.go): it has a timer for
 * each thread that runs Go code, and one for the process. They are ABI0. */

/* func timer_create(clockid int32, sevp *sigevent, timerid *int32) int32 */
.globl hotso_timer_create
.type hotso_timer_create, @function
hotso_timer_create:
    movl $SYS_timer_create, %eax
    movl 8(%rsp), %edi
    movq 16(%rsp), %rsi
    movq 24(%rsp), %rdx
    leaq 1f(%rip), %r15
    jmp hotso_on_other_stack
1:
    movl %eax, 32(%rsp)
    ret
.size hotso_timer_create, .-hotso_timer_create

/* func timer_delete(timerid int32) int32 */
.globl hotso_timer_delete
.type hotso_timer_delete, @function
hotso_timer_delete:
    movl $SYS_timer_delete, %eax
    movl 8(%rsp), %edi
    leaq 1f(%rip), %r15
    jmp hotso_on_other_stack
1:
    movl %eax, 16(%rsp)
    ret
.size hotso_timer_delete, .-hotso_timer_delete

/* func setitimer(mode int32, new, old *itimerval) */
.globl hotso_setitimer
.type hotso_setitimer, @function
hotso_setitimer:
    movl $SYS_setitimer, %eax
    movl 8(%rsp), %edi
    movq 16(%rsp), %rsi
    movq 24(%rsp), %rdx
    leaq 1f(%rip), %r15
    jmp hotso_on_other_stack
1:
    ret
.size hotso_setitimer, .-hotso_setitimer

/* System calls that can't fail have a function of their own in package syscall, and one in
 * golang.org/x/sys/unix. One of them matters: umask. In a child it is the child's.
 *
 * func rawSyscallNoError(trap, a1, a2, a3 uintptr) (r1, r2 uintptr), ABI0 */
.globl hotso_syscall_sure
.type hotso_syscall_sure, @function
hotso_syscall_sure:
    movq 16(%rsp), %rdi
    movq 24(%rsp), %rsi
    movq 32(%rsp), %rdx
    cmpq $SYS_umask, 8(%rsp)
    jne 1f
    call hotso_in_child
    leaq 2f(%rip), %r15
    movl $SYS_umask, %eax
    je hotso_on_other_stack
1:
    movq 8(%rsp), %rax
    syscall
2:
    movq %rax, 40(%rsp)
    movq %rdx, 48(%rsp)
    ret
.size hotso_syscall_sure, .-hotso_syscall_sure

/* Not equal if this is a child. Takes rax, rcx, r11. */
.type hotso_in_child, @function
hotso_in_child:
    movl $SYS_getpid, %eax
    syscall
    cmpl hotso_process(%rip), %eax
    ret
.size hotso_in_child, .-hotso_in_child

/* Remembers descriptor eax. Takes rax, rcx, rdi, rsi, r8, r11. */
.type hotso_note, @function
hotso_note:
    cmpq $HOTSO_MAX_FILES, %rax
    jae 9f
    movl %eax, %edi
    leaq hotso_files(%rip), %r8
    shlq $4, %rax
    addq %rax, %r8
    movq $0, (%r8)
    movq $0, 8(%r8)
    leaq -HOTSO_STAT_SIZE(%rsp), %rsi
    cmpq (%r14), %rsi
    jbe 8f
    subq $HOTSO_STAT_SIZE, %rsp
    movq %rsp, %rsi
    movl $SYS_fstat, %eax
    syscall
    cmpq $-9, %rax  /* EBADF: it is closed already */
    je 6f
    testq %rax, %rax
    jnz 7f
    movq (%rsp), %rax
    movq %rax, (%r8)
    movq HOTSO_STAT_INODE(%rsp), %rax
    movq %rax, 8(%r8)
7:
    addq $HOTSO_STAT_SIZE, %rsp
8:
    movl %edi, %edi  /* its upper half is 0 */
    lock btsq %rdi, hotso_open_files(%rip)
9:
    ret
6:
    addq $HOTSO_STAT_SIZE, %rsp
    ret
.size hotso_note, .-hotso_note

.globl hotso_syscall_end
.hidden hotso_syscall_end
hotso_syscall_end:

.section .note.GNU-stack, "", %progbits
