//go:build cgo && linux

/* What the host's frames between two calls return to: eject.c says when. It can't be C: it
 * is entered by a return, so it has no caller and no aligned stack.
 *
 * Twin of eject_arm64.S: same labels, same order. */
#include "offsets.h"

.text
.globl hotso_comes_back
.hidden hotso_comes_back
.type hotso_comes_back, @function
hotso_comes_back:
    andq $-16, %rsp
    call hotso_came_back
.size hotso_comes_back, .-hotso_comes_back

.section .note.GNU-stack, "", %progbits
