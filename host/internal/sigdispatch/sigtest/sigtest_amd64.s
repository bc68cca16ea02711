//go:build linux

#include "go_asm.h"
#include "textflag.h"

#define C	NOSPLIT|NOFRAME|TOPFRAME

// ALIGNED counts a stack pointer that isn't 8 modulo 16, as after a CALL.
#define ALIGNED	\
	MOVQ	SP, AX;	\
	ANDL	$15, AX;	\
	CMPL	AX, $8;	\
	JEQ	3(PC);	\
	LOCK;	\
	INCQ	·misaligned(SB)

// CLOBBER changes all that a C function may change.
#define CLOBBER	\
	MOVQ	$-1, AX;	\
	MOVQ	AX, CX;	\
	MOVQ	AX, DX;	\
	MOVQ	AX, SI;	\
	MOVQ	AX, DI;	\
	MOVQ	AX, R8;	\
	MOVQ	AX, R9;	\
	MOVQ	AX, R10;	\
	MOVQ	AX, R11

TEXT libraryHandler<>(SB), C, $0
	NOP	SP
	ALIGNED
	MOVL	DI, DI
	LEAQ	·libraryCalls(SB), AX
	LOCK
	INCQ	(AX)(DI*8)
	CMPL	DI, $const_sigSEGV
	JNE	done
	CMPL	8(SI), $0	// si_code: not a fault
	JLE	done
	ADDQ	$2, 168(DX)	// the length of Fault's load
done:
	CLOBBER
	RET

TEXT hostHandler<>(SB), C, $0
	NOP	SP
	ALIGNED
	MOVL	DI, DI
	LEAQ	·hostCalls(SB), AX
	LOCK
	INCQ	(AX)(DI*8)
	MOVQ	·chain(SB), AX
	TESTQ	AX, AX
	JZ	done
	JMP	AX
done:
	RET

TEXT destructor<>(SB), C, $0
	NOP	SP
	ALIGNED
	LOCK
	INCQ	·destructorCalls(SB)
	MOVQ	DI, ·destructorValue(SB)
	MOVQ	·destructorRecord(SB), AX
	MOVL	const_destructorAt(AX), AX
	MOVL	AX, ·destructorDepth(SB)
	CLOBBER
	RET

// func LibraryHandler() uintptr
TEXT ·LibraryHandler(SB), NOSPLIT, $0-8
	LEAQ	libraryHandler<>(SB), AX
	MOVQ	AX, ret+0(FP)
	RET

// func HostHandler() uintptr
TEXT ·HostHandler(SB), NOSPLIT, $0-8
	LEAQ	hostHandler<>(SB), AX
	MOVQ	AX, ret+0(FP)
	RET

// func Destructor() uintptr
TEXT ·Destructor(SB), NOSPLIT, $0-8
	LEAQ	destructor<>(SB), AX
	MOVQ	AX, ret+0(FP)
	RET

// func ThreadPointer() uintptr
TEXT ·ThreadPointer(SB), NOSPLIT, $0-8
	MOVQ	0(FS), AX
	MOVQ	AX, ret+0(FP)
	RET

// func Fault()
TEXT ·Fault(SB), NOSPLIT, $0-0
	XORL	AX, AX
	MOVL	(AX), AX	// two bytes
	RET

// func Text() (low, high uintptr)
TEXT ·Text(SB), NOSPLIT, $0-16
	LEAQ	·Fault(SB), AX
	MOVQ	AX, low+0(FP)
	ADDQ	$64, AX
	MOVQ	AX, high+8(FP)
	RET

// func Call(fn, a, b, c uintptr) (preserved bool)
TEXT ·Call(SB), 0, $4096-33
	NOP	SP
	MOVQ	fn+0(FP), AX
	MOVQ	a+8(FP), DI
	MOVQ	b+16(FP), SI
	MOVQ	c+24(FP), DX
	MOVQ	SP, CX
	ADDQ	$4064, SP
	ANDQ	$~15, SP
	MOVQ	CX, 0(SP)
	MOVQ	BP, 8(SP)
	MOVQ	$0x1111, BX
	MOVQ	$0x2222, R12
	MOVQ	$0x3333, R13
	MOVQ	$0x4444, R14
	MOVQ	$0x5555, R15
	CALL	AX
	SUBQ	$0x1111, BX
	SUBQ	$0x2222, R12
	SUBQ	$0x3333, R13
	SUBQ	$0x4444, R14
	SUBQ	$0x5555, R15
	ORQ	R12, BX
	ORQ	R13, BX
	ORQ	R14, BX
	ORQ	R15, BX
	MOVQ	8(SP), AX
	SUBQ	BP, AX
	ORQ	AX, BX
	MOVQ	0(SP), SP
	TESTQ	BX, BX
	SETEQ	preserved+32(FP)
	RET
