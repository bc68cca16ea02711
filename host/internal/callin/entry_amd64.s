//go:build linux && !hotso_fallback && !hotso_static

// The C function, System V AMD64. Twin of entry_arm64.s. It can't be Go: it has the
// C calling convention and may be called on a thread that Go does not know.

#include "go_asm.h" // offsets in a Call, from the compiler: go doc cmd/compile
#include "textflag.h"

TEXT ·entry(SB), NOSPLIT|NOFRAME, $0
	SUBQ $Call__size, SP // a Call; aligned to 16: the call left it at 8
	MOVQ DI, Call_Function(SP)
	MOVQ SI, Call_Args(SP)
	MOVQ DX, Call_ArgsLen(SP)
	MOVQ CX, Call_Out(SP)
	MOVQ R8, Call_OutCap(SP)
	MOVQ R9, Call_OutLen(SP)
	MOVQ $0, Call_Status(SP)

	// crosscall2(fn, arg, n, ctxt): finds or makes a g and an M for this thread
	// and calls fn(arg) there. It saves what C wants to have kept
	// (runtime/cgo/asm_amd64.s).
	MOVQ ·answer(SB), DI
	MOVQ (DI), DI // the code of a func value
	MOVQ SP, SI
	XORL DX, DX
	XORL CX, CX
	CALL crosscall2(SB)

	MOVQ Call_Status(SP), AX
	ADDQ $Call__size, SP
	RET

TEXT ·entryAddress(SB), NOSPLIT, $0-8
	LEAQ ·entry(SB), AX
	MOVQ AX, ret+0(FP)
	RET
