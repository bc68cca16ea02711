/* The functions that hotsoh_pointer hands out, System V AMD64: each says which one it is, and all go on to
 * where the argument registers are put into memory for hotso_called. They are here, and not made when they are
 * wanted, as there may be no memory that is written and executed. See pointer.c. */
#include "pointer.h"

    .section .note.GNU-stack, "", @progbits
    .text
    .hidden hotso_pointers
    .globl hotso_pointers
    .balign 16
hotso_pointers:
    .set number, 0
    .rept HOTSO_POINTERS
    .balign HOTSO_POINTER_SIZE
    movl $number, %r11d
    jmp common
    .set number, number + 1
    .endr

    .balign 16
common:
    pushq %rbp
    movq %rsp, %rbp
    subq $128, %rsp /* 6 integers, 8 floats, the result, and 8 for the alignment */
    movq %rdi, 0(%rsp)
    movq %rsi, 8(%rsp)
    movq %rdx, 16(%rsp)
    movq %rcx, 24(%rsp)
    movq %r8, 32(%rsp)
    movq %r9, 40(%rsp)
    movsd %xmm0, 48(%rsp)
    movsd %xmm1, 56(%rsp)
    movsd %xmm2, 64(%rsp)
    movsd %xmm3, 72(%rsp)
    movsd %xmm4, 80(%rsp)
    movsd %xmm5, 88(%rsp)
    movsd %xmm6, 96(%rsp)
    movsd %xmm7, 104(%rsp)
    movl %r11d, %edi
    movq %rsp, %rsi
    leaq 112(%rsp), %rdx
    call hotso_called
    movq 112(%rsp), %rax
    movsd 112(%rsp), %xmm0
    leave
    ret
