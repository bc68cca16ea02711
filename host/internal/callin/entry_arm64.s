//go:build linux && !hotso_fallback && !hotso_static

// The C function, AAPCS64. Twin of entry_amd64.s. It can't be Go: it has the
// C calling convention and may be called on a thread that Go does not know.

#include "go_asm.h" // offsets in a Call, from the compiler: go doc cmd/compile
#include "textflag.h"

TEXT ·entry(SB), NOSPLIT|NOFRAME, $0
	STP.W (R29, R30), -80(RSP) // and a Call behind them
	MOVD  RSP, R29
	MOVD  R0, (16+Call_Function)(RSP)
	MOVD  R1, (16+Call_Args)(RSP)
	MOVD  R2, (16+Call_ArgsLen)(RSP)
	MOVD  R3, (16+Call_Out)(RSP)
	MOVD  R4, (16+Call_OutCap)(RSP)
	MOVD  R5, (16+Call_OutLen)(RSP)
	MOVD  ZR, (16+Call_Status)(RSP)

	// crosscall2(fn, arg, n, ctxt): finds or makes a g and an M for this thread
	// and calls fn(arg) there. It saves what C wants to have kept
	// (runtime/cgo/asm_arm64.s).
	MOVD ·answer(SB), R0
	MOVD (R0), R0 // the code of a func value
	ADD  $16, RSP, R1
	MOVD ZR, R2
	MOVD ZR, R3
	CALL crosscall2(SB)

	MOVD  (16+Call_Status)(RSP), R0
	LDP.P 80(RSP), (R29, R30)
	RET

TEXT ·entryAddress(SB), NOSPLIT, $0-8
	MOVD $·entry(SB), R0
	MOVD R0, ret+0(FP)
	RET
