//go:build !hotso_fallback

// The trampoline, System V AMD64. Twin of call_arm64.s. It can't be Go: it runs
// on the system stack with the C calling convention on both sides.

#include "textflag.h"

#define FRAME_fn      0
#define FRAME_nstack  8
#define FRAME_ints    16
#define FRAME_floats  (FRAME_ints+24*8)
#define FRAME_r0      (FRAME_floats+8*8)
#define FRAME_f0      (FRAME_floats+8*8+8)
#define FRAME_pending (FRAME_floats+8*8+16)
#define FRAME_take    (FRAME_floats+8*8+24)
#define FRAME_status  (FRAME_floats+8*8+32)
#define FRAME_thread  (FRAME_floats+8*8+40)
#define FRAME_jump    (FRAME_floats+8*8+48)

TEXT ·trampoline(SB), NOSPLIT|NOFRAME, $0
	MOVQ BP, -8(SP)
	MOVQ BX, -16(SP)
	LEAQ -8(SP), BP
	SUBQ $24, SP // aligned to 16: the call left it at 8
	MOVQ DI, BX

	// From here to the callee no long jump leads out of this thread.
#ifdef GOOS_linux
	MOVQ  0(FS), AX // the thread control block's address of itself
	MOVQ  AX, FRAME_thread(BX)
	MOVQ  FRAME_jump(BX), R10
	TESTQ R10, R10
	JZ    arguments
	ADDQ  AX, R10
	MOVQ  (R10), R11
	MOVQ  R11, -16(BP)
	LEAQ  -15(BP), R11 // its address, with the lowest bit set
	MOVQ  R11, (R10)
#endif

arguments:
	// Arguments that don't fit the registers go to the stack, which stays
	// aligned to 16 bytes.
	MOVQ  FRAME_nstack(BX), CX
	TESTQ CX, CX
	JZ    registers
	LEAQ  1(CX), AX
	ANDQ  $~1, AX
	SHLQ  $3, AX
	SUBQ  AX, SP

copy:
	MOVQ (FRAME_ints+5*8)(BX)(CX*8), AX
	MOVQ AX, -8(SP)(CX*8)
	DECQ CX
	JNZ  copy

registers:
	MOVSD (FRAME_floats+0*8)(BX), X0
	MOVSD (FRAME_floats+1*8)(BX), X1
	MOVSD (FRAME_floats+2*8)(BX), X2
	MOVSD (FRAME_floats+3*8)(BX), X3
	MOVSD (FRAME_floats+4*8)(BX), X4
	MOVSD (FRAME_floats+5*8)(BX), X5
	MOVSD (FRAME_floats+6*8)(BX), X6
	MOVSD (FRAME_floats+7*8)(BX), X7
	MOVQ  (FRAME_ints+0*8)(BX), DI
	MOVQ  (FRAME_ints+1*8)(BX), SI
	MOVQ  (FRAME_ints+2*8)(BX), DX
	MOVQ  (FRAME_ints+3*8)(BX), CX
	MOVQ  (FRAME_ints+4*8)(BX), R8
	MOVQ  (FRAME_ints+5*8)(BX), R9
	MOVQ  FRAME_fn(BX), R11
	MOVL  $8, AX // a variadic callee reads the number of vector registers here
	CALL  R11
	MOVQ  AX, FRAME_r0(BX)
	MOVSD X0, FRAME_f0(BX)

	MOVQ  $0, FRAME_status(BX)
	MOVQ  FRAME_pending(BX), CX
	TESTQ CX, CX
	JZ    return
	CMPL  (CX), $0
	JEQ   return
	CALL  FRAME_take(BX)
	MOVQ  AX, FRAME_status(BX)

return:
#ifdef GOOS_linux
	MOVQ  FRAME_jump(BX), R10
	TESTQ R10, R10
	JZ    done
	ADDQ  FRAME_thread(BX), R10
	MOVQ  -16(BP), R11
	MOVQ  R11, (R10)
#endif

done:
	LEAQ 8(BP), SP
	MOVQ -16(SP), BX
	MOVQ -8(SP), BP
	XORL AX, AX
	RET

TEXT ·trampolineAddress(SB), NOSPLIT, $0-8
	LEAQ ·trampoline(SB), AX
	MOVQ AX, ret+0(FP)
	RET
