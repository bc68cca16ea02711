//go:build !hotso_fallback

// The trampoline, System V AMD64. Twin of call_arm64.s. It can't be Go: it runs
// on the system stack with the C calling convention on both sides.

#include "go_asm.h" // offsets in a Frame, from the compiler: go doc cmd/compile
#include "textflag.h"

#define FRAME_floats (Frame_Words+const_MaxInts*8)

TEXT ·trampoline(SB), NOSPLIT|NOFRAME, $0
	MOVQ BP, -8(SP)
	MOVQ BX, -16(SP)
	LEAQ -8(SP), BP
	SUBQ $40, SP // aligned to 16: the call left it at 8
	MOVQ DI, BX

	// From here to the callee no long jump leads out of this thread.
#ifdef GOOS_linux
	MOVQ  0(FS), AX // the thread control block's address of itself
	MOVQ  AX, Frame_thread(BX)
	MOVQ  Frame_Jump(BX), R10
	TESTQ R10, R10
	JZ    arguments
	MOVQ  BX, -24(BP) // which call it is, see Jump
	MOVQ  (AX)(R10*1), R11
	MOVQ  R11, -16(BP)
	LEAQ  -15(BP), R11 // its address, with the lowest bit set
	MOVQ  R11, (AX)(R10*1)
#endif

arguments:
	// Arguments that don't fit the registers go to the stack, which stays
	// aligned to 16 bytes.
	MOVQ  Frame_nstack(BX), CX
	TESTQ CX, CX
	JZ    registers
	LEAQ  1(CX), AX
	ANDQ  $~1, AX
	SHLQ  $3, AX
	SUBQ  AX, SP

copy:
	MOVQ (Frame_Words+5*8)(BX)(CX*8), AX
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
	MOVQ  (Frame_Words+0*8)(BX), DI
	MOVQ  (Frame_Words+1*8)(BX), SI
	MOVQ  (Frame_Words+2*8)(BX), DX
	MOVQ  (Frame_Words+3*8)(BX), CX
	MOVQ  (Frame_Words+4*8)(BX), R8
	MOVQ  (Frame_Words+5*8)(BX), R9
	MOVQ  Frame_Fn(BX), R11
	MOVL  $8, AX // a variadic callee reads the number of vector registers here
	CALL  R11
	MOVQ  AX, Frame_R0(BX)
	MOVSD X0, Frame_F0(BX)

	MOVQ  $0, Frame_Status(BX)
	MOVQ  Frame_pending(BX), CX
	TESTQ CX, CX
	JZ    return
	CMPL  (CX), $0
	JEQ   return
	CALL  Frame_take(BX)
	MOVQ  AX, Frame_Status(BX)

return:
#ifdef GOOS_linux
	MOVQ  Frame_Jump(BX), R10
	TESTQ R10, R10
	JZ    done
	ADDQ  Frame_thread(BX), R10
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
