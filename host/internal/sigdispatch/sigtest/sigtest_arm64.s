//go:build linux

#include "go_asm.h"
#include "textflag.h"

#define C	NOSPLIT|NOFRAME|TOPFRAME

// INCREMENT adds one to a counter, for one thread at a time.
#define INCREMENT(addr)	\
	MOVD	(addr), R5;	\
	ADD	$1, R5;	\
	MOVD	R5, (addr)

// CLOBBER changes all that a C function may change.
#define CLOBBER	\
	MOVD	$-1, R0;	\
	MOVD	R0, R1;	\
	MOVD	R0, R2;	\
	MOVD	R0, R3;	\
	MOVD	R0, R4;	\
	MOVD	R0, R5;	\
	MOVD	R0, R6;	\
	MOVD	R0, R7;	\
	MOVD	R0, R8;	\
	MOVD	R0, R9;	\
	MOVD	R0, R10;	\
	MOVD	R0, R11;	\
	MOVD	R0, R12;	\
	MOVD	R0, R13;	\
	MOVD	R0, R14;	\
	MOVD	R0, R15

TEXT libraryHandler<>(SB), C, $0
	MOVD	RSP, R4
	AND	$15, R4
	CBNZ	R4, misaligned
counted:
	MOVWU	R0, R0
	MOVD	$·libraryCalls(SB), R4
	ADD	R0<<3, R4
	INCREMENT(R4)
	CMPW	$const_sigSEGV, R0
	BNE	done
	MOVW	8(R1), R4	// si_code: not a fault
	CMPW	$0, R4
	BLE	done
	MOVD	440(R2), R4
	ADD	$4, R4	// the length of Fault's load
	MOVD	R4, 440(R2)
done:
	CLOBBER
	RET
misaligned:
	MOVD	$·misaligned(SB), R4
	INCREMENT(R4)
	JMP	counted

TEXT hostHandler<>(SB), C, $0
	MOVWU	R0, R0
	MOVD	$·hostCalls(SB), R4
	ADD	R0<<3, R4
	INCREMENT(R4)
	MOVD	·chain(SB), R4
	CBZ	R4, done
	JMP	(R4)
done:
	RET

TEXT destructor<>(SB), C, $0
	MOVD	$·destructorCalls(SB), R4
	INCREMENT(R4)
	MOVD	R0, ·destructorValue(SB)
	MOVD	·destructorRecord(SB), R4
	MOVWU	const_destructorAt(R4), R4
	MOVW	R4, ·destructorDepth(SB)
	CLOBBER
	RET

// func LibraryHandler() uintptr
TEXT ·LibraryHandler(SB), NOSPLIT, $0-8
	MOVD	$libraryHandler<>(SB), R0
	MOVD	R0, ret+0(FP)
	RET

// func HostHandler() uintptr
TEXT ·HostHandler(SB), NOSPLIT, $0-8
	MOVD	$hostHandler<>(SB), R0
	MOVD	R0, ret+0(FP)
	RET

// func Destructor() uintptr
TEXT ·Destructor(SB), NOSPLIT, $0-8
	MOVD	$destructor<>(SB), R0
	MOVD	R0, ret+0(FP)
	RET

// func ThreadPointer() uintptr
TEXT ·ThreadPointer(SB), NOSPLIT, $0-8
	MRS	TPIDR_EL0, R0
	MOVD	R0, ret+0(FP)
	RET

// func Fault()
TEXT ·Fault(SB), NOSPLIT, $0-0
	MOVD	$0, R0
	MOVWU	(R0), R0
	RET

// func Text() (low, high uintptr)
TEXT ·Text(SB), NOSPLIT, $0-16
	MOVD	$·Fault(SB), R0
	MOVD	R0, low+0(FP)
	ADD	$64, R0
	MOVD	R0, high+8(FP)
	RET

// func Call(fn, a, b, c uintptr) (preserved bool)
TEXT ·Call(SB), 0, $4096-33
	MOVD	fn+0(FP), R4
	MOVD	a+8(FP), R0
	MOVD	b+16(FP), R1
	MOVD	c+24(FP), R2
	MOVD	$0x1111, R19
	MOVD	$0x2222, R20
	MOVD	$0x3333, R21
	MOVD	$0x4444, R22
	MOVD	$0x5555, R23
	MOVD	$0x6666, R24
	MOVD	$0x7777, R25
	MOVD	R29, R26
	CALL	(R4)
	SUB	R29, R26
	MOVD	$0x1111, R0
	SUB	R0, R19
	MOVD	$0x2222, R0
	SUB	R0, R20
	MOVD	$0x3333, R0
	SUB	R0, R21
	MOVD	$0x4444, R0
	SUB	R0, R22
	MOVD	$0x5555, R0
	SUB	R0, R23
	MOVD	$0x6666, R0
	SUB	R0, R24
	MOVD	$0x7777, R0
	SUB	R0, R25
	ORR	R20, R19
	ORR	R21, R19
	ORR	R22, R19
	ORR	R23, R19
	ORR	R24, R19
	ORR	R25, R19
	ORR	R26, R19
	CMP	$0, R19
	CSET	EQ, R0
	MOVB	R0, preserved+32(FP)
	RET
