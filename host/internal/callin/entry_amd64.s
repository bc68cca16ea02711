//go:build linux && !hotso_fallback

// The C function, System V AMD64. Twin of entry_arm64.s. It can't be Go: it has the
// C calling convention and may be called on a thread that Go does not know.

#include "textflag.h"

#define CALL_function 0
#define CALL_args     8
#define CALL_args_len 16
#define CALL_out      24
#define CALL_out_cap  32
#define CALL_out_len  40
#define CALL_status   48

TEXT ·entry(SB), NOSPLIT|NOFRAME, $0
	SUBQ $56, SP // a Call; aligned to 16: the call left it at 8
	MOVQ DI, CALL_function(SP)
	MOVQ SI, CALL_args(SP)
	MOVQ DX, CALL_args_len(SP)
	MOVQ CX, CALL_out(SP)
	MOVQ R8, CALL_out_cap(SP)
	MOVQ R9, CALL_out_len(SP)
	MOVQ $0, CALL_status(SP)

	// crosscall2(fn, arg, n, ctxt): finds or makes a g and an M for this thread
	// and calls fn(arg) there. It saves what C wants to have kept
	// (runtime/cgo/asm_amd64.s).
	MOVQ ·answer(SB), DI
	MOVQ (DI), DI // the code of a func value
	MOVQ SP, SI
	XORL DX, DX
	XORL CX, CX
	CALL crosscall2(SB)

	MOVQ CALL_status(SP), AX
	ADDQ $56, SP
	RET

TEXT ·entryAddress(SB), NOSPLIT, $0-8
	LEAQ ·entry(SB), AX
	MOVQ AX, ret+0(FP)
	RET
