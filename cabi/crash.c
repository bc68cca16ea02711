//go:build linux && (amd64 || arm64)

/* What the Go runtime meets where it wanted to end the process. Every way out
 * of it goes through runtime.exit, runtime.dieFromSignal or runtime.raiseproc (for
 * the goroutines of all threads, when a fault is in C code); in the private copy
 * the loader overwrites their first bytes with a jump to these three. They run on
 * any stack, a goroutine's of 2 KiB or a signal stack, and with any signal mask, so
 * they use neither stack nor C:
 *
 *   - the first to come writes how and with which code into the entry;
 *   - the host's eventfd is written to: its reader closes the version's gate,
 *     frees the callers and unloads it;
 *   - the kill signal is unblocked, since a fatal signal handler blocks all;
 *   - the thread waits to be ended or, a thread of the host's, ejected.
 *
 * hotso_crash_unwind stands for runtime.unwindm, which a panic meets on its way
 * out of an exported function. The runtime then takes the thread's stack above
 * that call for free, since such a panic ends the process, and prints over it. Here
 * it does not: the frames there are the host's. And a function that the host called
 * from a callback must not be left for one that recovers around the callback, as
 * that would skip the host's frames: it throws. The loader writes a jump to
 * runtime.throw to hotso_crash_throw.
 *
 * hotso_crash_write stands for runtime.write1: the runtime's crash output begins
 * only behind the line "fatal error: ...", which says why. So from these words
 * to the end of the line, what goes to descriptor 2 goes to the host's
 * descriptor as well.
 *
 * Offsets of the entry and the config are asserted in layout_linux.go. */
#include "shim.h"

__asm__(".pushsection .rodata\n"
        ".balign 8\n"
        "hotso_crash_one: .quad 1\n"
        "hotso_crash_mask: .quad 1 << 15\n" /* HOTSO_KILL_SIGNAL */
        "hotso_crash_words: .ascii \"fatal er\"\n"
        "hotso_crash_left: .ascii \"panic out of a function that the host called from a callback\"\n"
        "hotso_crash_left_end:\n"
        ".popsection\n"
        ".pushsection .data\n"
        ".balign 8\n"
        "hotso_crash_copy: .quad 0\n" /* 1 inside that line */
        ".popsection\n");

#if defined(__x86_64__)
__asm__(".pushsection .text\n"
        ".globl hotso_crash_exit\n"
        ".type hotso_crash_exit, @function\n"
        "hotso_crash_exit:\n"
        "  movl 8(%rsp), %ecx\n" /* runtime.exit(code int32), ABI0: behind the return address */
        "  movl $1, %edx\n"      /* CrashExit */
        "  jmp 1f\n"
        ".globl hotso_crash_raise\n"
        ".type hotso_crash_raise, @function\n"
        "hotso_crash_raise:\n"
        "  movl 8(%rsp), %ecx\n" /* runtime.raiseproc(sig uint32), ABI0 */
        "  movl $2, %edx\n"      /* CrashSignal */
        "  jmp 1f\n"
        ".globl hotso_crash_signal\n"
        ".type hotso_crash_signal, @function\n"
        "hotso_crash_signal:\n"
        "  movl %eax, %ecx\n" /* runtime.dieFromSignal(sig uint32), ABIInternal */
        "  movl $2, %edx\n"   /* CrashSignal */
        "1:\n"
        "  movzbl %cl, %ecx\n"
        "  shll $8, %ecx\n"
        "  orl %ecx, %edx\n"
        "  movq hotso_load_config@GOTPCREL(%rip), %rbx\n"
        "  movq 16(%rbx), %rbx\n" /* entry */
        "  xorl %eax, %eax\n"
        "  lock cmpxchgl %edx, 116(%rbx)\n" /* crashed */
        "  movl $1, %eax\n"                 /* write */
        "  movl 112(%rbx), %edi\n"          /* crash_fd */
        "  leaq hotso_crash_one(%rip), %rsi\n"
        "  movl $8, %edx\n"
        "  syscall\n"
        "  movl $14, %eax\n" /* rt_sigprocmask */
        "  movl $1, %edi\n"  /* SIG_UNBLOCK */
        "  leaq hotso_crash_mask(%rip), %rsi\n"
        "  xorl %edx, %edx\n"
        "  movl $8, %r10d\n"
        "  syscall\n"
        "2:\n"
        "  movl $34, %eax\n" /* pause */
        "  syscall\n"
        "  jmp 2b\n"
        ".size hotso_crash_exit, .-hotso_crash_exit\n"
        /* func unwindm(restore *bool), ABIInternal */
        ".globl hotso_crash_unwind\n"
        ".type hotso_crash_unwind, @function\n"
        "hotso_crash_unwind:\n"
        "  cmpb $0, (%rax)\n"
        "  je 9f\n"
        "  movq hotso_load_config@GOTPCREL(%rip), %rcx\n"
        "  movq 8(%rcx), %rcx\n"
        "  addq %fs:0, %rcx\n"    /* record */
        "  movq 16(%rcx), %rcx\n" /* jump */
        "  movq 48(%rcx), %rcx\n" /* prev */
        "  testb $1, %cl\n"       /* made by the host? */
        "  je 9f\n"
        "  cmpq $0, -1(%rcx)\n" /* from a callback? */
        "  je 9f\n"
        "  leaq hotso_crash_left(%rip), %rax\n" /* func throw(s string) */
        "  movl $hotso_crash_left_end-hotso_crash_left, %ebx\n"
        ".globl hotso_crash_throw\n"
        ".type hotso_crash_throw, @function\n"
        "hotso_crash_throw:\n"
        "  ud2\n"
        "  ud2\n"
        "  ud2\n"
        ".size hotso_crash_throw, .-hotso_crash_throw\n"
        "9:\n"
        "  ret\n"
        ".size hotso_crash_unwind, .-hotso_crash_unwind\n"
        /* func write1(fd uintptr, p unsafe.Pointer, n int32) int32, ABI0 */
        ".globl hotso_crash_write\n"
        ".type hotso_crash_write, @function\n"
        "hotso_crash_write:\n"
        "  movq 8(%rsp), %rdi\n"
        "  movq 16(%rsp), %rsi\n"
        "  movl 24(%rsp), %edx\n"
        "  movl $1, %eax\n" /* write */
        "  syscall\n"
        "  movl %eax, 32(%rsp)\n"
        "  cmpq $2, %rdi\n"
        "  jne 9f\n"
        "  leaq hotso_crash_copy(%rip), %r8\n"
        "  cmpl $8, %edx\n"
        "  jl 5f\n"
        "  movq (%rsi), %rax\n"
        "  cmpq hotso_crash_words(%rip), %rax\n"
        "  jne 5f\n"
        "  movq $1, (%r8)\n"
        "5:\n"
        "  cmpq $0, (%r8)\n"
        "  je 9f\n"
        "  movq hotso_load_config@GOTPCREL(%rip), %rcx\n"
        "  movq 16(%rcx), %rcx\n"
        "  movl 120(%rcx), %edi\n" /* crash_message */
        "  movl $1, %eax\n"
        "  syscall\n"
        "  cmpl $1, %edx\n"
        "  jne 9f\n"
        "  cmpb $10, (%rsi)\n" /* newline: a write of its own */
        "  jne 9f\n"
        "  movq $0, (%r8)\n"
        "9:\n"
        "  ret\n"
        ".size hotso_crash_write, .-hotso_crash_write\n"
        ".popsection\n");
#else
__asm__(".pushsection .text\n"
        ".balign 4\n"
        ".globl hotso_crash_exit\n"
        ".type hotso_crash_exit, %function\n"
        "hotso_crash_exit:\n"
        "  ldr w9, [sp, #8]\n" /* runtime.exit(code int32), ABI0: behind the link register's slot */
        "  mov w10, #1\n"      /* CrashExit */
        "  b 1f\n"
        ".globl hotso_crash_raise\n"
        ".type hotso_crash_raise, %function\n"
        "hotso_crash_raise:\n"
        "  ldr w9, [sp, #8]\n" /* runtime.raiseproc(sig uint32), ABI0 */
        "  mov w10, #2\n"      /* CrashSignal */
        "  b 1f\n"
        ".globl hotso_crash_signal\n"
        ".type hotso_crash_signal, %function\n"
        "hotso_crash_signal:\n"
        "  mov w9, w0\n"  /* runtime.dieFromSignal(sig uint32), ABIInternal */
        "  mov w10, #2\n" /* CrashSignal */
        "1:\n"
        "  and w9, w9, #0xff\n"
        "  orr w10, w10, w9, lsl #8\n"
        "  adrp x19, :got:hotso_load_config\n"
        "  ldr x19, [x19, :got_lo12:hotso_load_config]\n"
        "  ldr x19, [x19, #16]\n" /* entry */
        "  add x11, x19, #116\n"  /* crashed */
        "3:\n"
        "  ldaxr w12, [x11]\n"
        "  cbnz w12, 4f\n"
        "  stlxr w13, w10, [x11]\n"
        "  cbnz w13, 3b\n"
        "4:\n"
        "  mov x8, #64\n"         /* write */
        "  ldr w0, [x19, #112]\n" /* crash_fd */
        "  adrp x1, hotso_crash_one\n"
        "  add x1, x1, :lo12:hotso_crash_one\n"
        "  mov x2, #8\n"
        "  svc #0\n"
        "  mov x8, #135\n" /* rt_sigprocmask */
        "  mov x0, #1\n"   /* SIG_UNBLOCK */
        "  adrp x1, hotso_crash_mask\n"
        "  add x1, x1, :lo12:hotso_crash_mask\n"
        "  mov x2, #0\n"
        "  mov x3, #8\n"
        "  svc #0\n"
        "2:\n"
        "  mov x8, #73\n" /* ppoll(0, 0, 0, 0) */
        "  mov x0, #0\n"
        "  mov x1, #0\n"
        "  mov x2, #0\n"
        "  mov x3, #0\n"
        "  svc #0\n"
        "  b 2b\n"
        ".size hotso_crash_exit, .-hotso_crash_exit\n"
        /* func unwindm(restore *bool), ABIInternal */
        ".globl hotso_crash_unwind\n"
        ".type hotso_crash_unwind, %function\n"
        "hotso_crash_unwind:\n"
        "  ldrb w9, [x0]\n"
        "  cbz w9, 9f\n"
        "  adrp x9, :got:hotso_load_config\n"
        "  ldr x9, [x9, :got_lo12:hotso_load_config]\n"
        "  ldr x9, [x9, #8]\n"
        "  mrs x10, tpidr_el0\n"
        "  add x9, x9, x10\n"   /* record */
        "  ldr x9, [x9, #16]\n" /* jump */
        "  ldr x9, [x9, #48]\n" /* prev */
        "  tbz x9, #0, 9f\n"    /* made by the host? */
        "  ldur x9, [x9, #-1]\n"
        "  cbz x9, 9f\n"                /* from a callback? */
        "  adrp x0, hotso_crash_left\n" /* func throw(s string) */
        "  add x0, x0, :lo12:hotso_crash_left\n"
        "  mov x1, #hotso_crash_left_end-hotso_crash_left\n"
        ".globl hotso_crash_throw\n"
        ".type hotso_crash_throw, %function\n"
        "hotso_crash_throw:\n"
        "  brk #0\n"
        ".size hotso_crash_throw, .-hotso_crash_throw\n"
        "9:\n"
        "  ret\n"
        ".size hotso_crash_unwind, .-hotso_crash_unwind\n"
        /* func write1(fd uintptr, p unsafe.Pointer, n int32) int32, ABI0 */
        ".globl hotso_crash_write\n"
        ".type hotso_crash_write, %function\n"
        "hotso_crash_write:\n"
        "  ldr x0, [sp, #8]\n"
        "  ldr x1, [sp, #16]\n"
        "  ldr w2, [sp, #24]\n"
        "  mov x9, x0\n"
        "  mov x8, #64\n" /* write */
        "  svc #0\n"
        "  str w0, [sp, #32]\n"
        "  cmp x9, #2\n"
        "  b.ne 9f\n"
        "  adrp x10, hotso_crash_copy\n"
        "  add x10, x10, :lo12:hotso_crash_copy\n"
        "  cmp w2, #8\n"
        "  b.lt 5f\n"
        "  ldr x11, [x1]\n"
        "  adrp x12, hotso_crash_words\n"
        "  ldr x12, [x12, :lo12:hotso_crash_words]\n"
        "  cmp x11, x12\n"
        "  b.ne 5f\n"
        "  mov x11, #1\n"
        "  str x11, [x10]\n"
        "5:\n"
        "  ldr x11, [x10]\n"
        "  cbz x11, 9f\n"
        "  adrp x12, :got:hotso_load_config\n"
        "  ldr x12, [x12, :got_lo12:hotso_load_config]\n"
        "  ldr x12, [x12, #16]\n"
        "  ldr w0, [x12, #120]\n" /* crash_message */
        "  svc #0\n"
        "  cmp w2, #1\n"
        "  b.ne 9f\n"
        "  ldrb w11, [x1]\n"
        "  cmp w11, #10\n" /* newline: a write of its own */
        "  b.ne 9f\n"
        "  str xzr, [x10]\n"
        "9:\n"
        "  ret\n"
        ".size hotso_crash_write, .-hotso_crash_write\n"
        ".popsection\n");
#endif
