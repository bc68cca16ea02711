//go:build linux && !hotso_fallback

// The C function, AAPCS64. Twin of entry_amd64.s. It can't be Go: it has the
// C calling convention and may be called on a thread that Go does not know.

#include "textflag.h"

#define CALL_function 16
#define CALL_args     24
#define CALL_args_len 32
#define CALL_out      40
#define CALL_out_cap  48
#define CALL_out_len  56
#define CALL_status   64

TEXT ·entry(SB), NOSPLIT|NOFRAME, $0
	STP.W (R29, R30), -80(RSP) // and a Call behind them
	MOVD  RSP, R29
	MOVD  R0, CALL_function(RSP)
	MOVD  R1, CALL_args(RSP)
	MOVD  R2, CALL_args_len(RSP)
	MOVD  R3, CALL_out(RSP)
	MOVD  R4, CALL_out_cap(RSP)
	MOVD  R5, CALL_out_len(RSP)
	MOVD  ZR, CALL_status(RSP)

	// crosscall2(fn, arg, n, ctxt): finds or makes a g and an M for this thread
	// and calls fn(arg) there. It saves what C wants to have kept
	// (runtime/cgo/asm_arm64.s).
	MOVD ·answer(SB), R0
	MOVD (R0), R0 // the code of a func value
	ADD  $16, RSP, R1
	MOVD ZR, R2
	MOVD ZR, R3
	CALL crosscall2(SB)

	MOVD  CALL_status(RSP), R0
	LDP.P 80(RSP), (R29, R30)
	RET

TEXT ·entryAddress(SB), NOSPLIT, $0-8
	MOVD $·entry(SB), R0
	MOVD R0, ret+0(FP)
	RET
