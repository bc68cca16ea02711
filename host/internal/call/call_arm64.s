//go:build !hotso_fallback

// The trampoline, AAPCS64. Twin of call_amd64.s. It can't be Go: it runs on
// the system stack with the C calling convention on both sides.

#include "go_asm.h" // offsets in a Frame, from the compiler: go doc cmd/compile
#include "textflag.h"

#define FRAME_floats (Frame_Words+const_MaxInts*8)

TEXT ·trampoline(SB), NOSPLIT|NOFRAME, $0
	STP.W (R29, R30), -48(RSP)
	MOVD  R19, 16(RSP)
	MOVD  RSP, R29
	MOVD  R0, R19

	// From here to the callee no long jump leads out of this thread.
#ifdef GOOS_linux
	MRS  TPIDR_EL0, R9
	MOVD R9, Frame_thread(R19)
	MOVD Frame_Jump(R19), R10
	CBZ  R10, arguments
	ADD  R9, R10
	MOVD R19, 24(R29) // which call it is, see Jump
	MOVD (R10), R11
	MOVD R11, 32(R29)
	ADD  $33, R29, R11 // its address, with the lowest bit set
	MOVD R11, (R10)
#endif

arguments:
	// Arguments that don't fit the registers, the last one first.
	MOVD Frame_nstack(R19), R9
	CBZ  R9, registers
	ADD  $1, R9, R10
	AND  $~1, R10, R10
	LSL  $3, R10, R10
	MOVD RSP, R11
	SUB  R10, R11, R11
	MOVD R11, RSP
	ADD  $(Frame_Words+7*8), R19, R12

push:
	MOVD (R12)(R9<<3), R13
	SUB  $1, R9, R9
	MOVD R13, (R11)(R9<<3)
	CBNZ R9, push

registers:
	FMOVD (FRAME_floats+0*8)(R19), F0
	FMOVD (FRAME_floats+1*8)(R19), F1
	FMOVD (FRAME_floats+2*8)(R19), F2
	FMOVD (FRAME_floats+3*8)(R19), F3
	FMOVD (FRAME_floats+4*8)(R19), F4
	FMOVD (FRAME_floats+5*8)(R19), F5
	FMOVD (FRAME_floats+6*8)(R19), F6
	FMOVD (FRAME_floats+7*8)(R19), F7
	MOVD  (Frame_Words+0*8)(R19), R0
	MOVD  (Frame_Words+1*8)(R19), R1
	MOVD  (Frame_Words+2*8)(R19), R2
	MOVD  (Frame_Words+3*8)(R19), R3
	MOVD  (Frame_Words+4*8)(R19), R4
	MOVD  (Frame_Words+5*8)(R19), R5
	MOVD  (Frame_Words+6*8)(R19), R6
	MOVD  (Frame_Words+7*8)(R19), R7
	MOVD  Frame_Fn(R19), R16
	CALL  (R16)
	MOVD  R0, Frame_R0(R19)
	FMOVD F0, Frame_F0(R19)

	MOVD  ZR, Frame_Status(R19)
	MOVD  Frame_pending(R19), R9
	CBZ   R9, return
	MOVWU (R9), R9
	CBZW  R9, return
	MOVD  Frame_take(R19), R16
	CALL  (R16)
	MOVD  R0, Frame_Status(R19)

return:
#ifdef GOOS_linux
	MOVD Frame_Jump(R19), R10
	CBZ  R10, done
	MOVD Frame_thread(R19), R11
	ADD  R11, R10
	MOVD 32(R29), R11
	MOVD R11, (R10)
#endif

done:
	MOVD  R29, RSP
	MOVD  16(RSP), R19
	LDP.P 48(RSP), (R29, R30)
	MOVD  $0, R0
	RET

TEXT ·trampolineAddress(SB), NOSPLIT, $0-8
	MOVD $·trampoline(SB), R0
	MOVD R0, ret+0(FP)
	RET
