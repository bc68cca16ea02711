// The signal dispatcher and the key stub; see doc.go for what they decide and
// why they can't be Go. Twin of dispatch_amd64.s: same labels, same order.
//
// All functions here are C ABI functions of the AAPCS64: arguments in R0, R1,
// R2; R19-R30 are callee-saved; RSP is a multiple of 16. R16 and R17 are the
// linker's, R18 the platform's, R27 the assembler's for what doesn't fit into
// one instruction: all unused here, as a C caller wants its R27 back.

//go:build linux

#include "go_asm.h"
#include "textflag.h"

#define SYS_futex	98
#define SYS_rt_sigaction	134
#define SYS_rt_sigreturn	139
#define SYS_getpid	172
#define SYS_gettid	178
#define SYS_rt_tgsigqueueinfo	240

#define siginfo_code	8	// si_code in siginfo_t
#define ucontext_regs	184	// uc_mcontext.regs in ucontext_t
#define ucontext_lr	424	// uc_mcontext.regs[30]
#define ucontext_pc	440	// uc_mcontext.pc

// C is for functions that C or the kernel calls: no Go prologue, and a
// traceback that meets one ends there.
#define C	NOSPLIT|NOFRAME|TOPFRAME

// OWNED falls through if this thread's g belongs to the library of entry, else it
// jumps to no. It leaves the address of the thread's record in record and clobbers
// owner and R9. The owner is read before everything else of the entry; see Take: a
// load-acquire, which takes no offset (Entry_owner is 0).
#define OWNED(entry, owner, record, no)	\
	LDAR	(entry), owner;	\
	CBZ	owner, no;	\
	MOVD	Entry_record(entry), record;	\
	MRS	TPIDR_EL0, R9;	\
	ADD	R9, record;	\
	MOVD	const_recordOwner(record), R9;	\
	CMP	owner, R9;	\
	BNE	no

// INSIDE falls through if this thread is inside the library of entry, else it jumps to no.
#define INSIDE(entry, owner, record, no)	\
	OWNED(entry, owner, record, no);	\
	MOVWU	const_recordDepth(record), R9;	\
	CBZ	R9, no

// next has R8 be the first taken entry from the one in R8 on, or the table's end. It
// clobbers R4, R5, R9 and R30. A signal is not to take longer for each entry that is free.
TEXT next<>(SB), C, $0
	MOVD	$·table(SB), R9
	SUB	R9, R8
	LSR	$const_entryShift, R8	// R8 = index
nextWord:
	CMP	$const_maxSlots, R8
	BHS	nextFound
	MOVD	$·taken(SB), R5
	LSR	$6, R8, R4
	MOVD	(R5)(R4<<3), R4
	LSR	R8, R4	// by the low 6 bits of R8
	CBZ	R4, nextSkip
	RBIT	R4, R4
	CLZ	R4, R4
	ADD	R4, R8
nextFound:
	ADD	R8<<const_entryShift, R9, R8
	RET
nextSkip:
	ORR	$63, R8
	ADD	$1, R8
	JMP	nextWord

// void route(int sig, siginfo_t *info, void *ucontext), with the index of
// the generation's first original in R3.
TEXT route<>(SB), C, $0
	MOVWU	R0, R0
	MOVD	$·handlerIndex(SB), R4
	MOVBU	(R4)(R0), R11	// R11 = handler index
	MOVD	$·originals(SB), R4
	ADD	R11, R3
	MOVD	(R4)(R3<<3), R10	// R10 = the host's handler
	MOVD	$·table(SB), R8	// R8 = entry
	MOVD	$·table+const_tableSize(SB), R12	// R12 = end of the table
	MOVD	R30, R13	// R13 = where to return
	CMP	$const_firstShared, R11
	BHS	shared

	// A fault: one handler gets it, in place of this function.
	MOVD	ucontext_pc(R2), R14	// R14 = whose code?
fault:
	CALL	next<>(SB)
	MOVD	R13, R30
	CMP	R12, R8
	BEQ	faultNowhere
	INSIDE(R8, R4, R5, faultNext)
	TBZ	$31, R9, faultInside
	// It has called the host: a fault that is not in the text is not of what the text has called.
	MOVD	ucontext_pc(R2), R4
	CMP	R4, R14
	BNE	faultNext
faultInside:
	MOVD	Entry_textLow(R8), R5
	CMP	R5, R14
	BLO	faultMore
	MOVD	Entry_textHigh(R8), R5
	CMP	R5, R14
	BLO	faultThere
	// Or in its copies of shared objects.
faultMore:
	MOVD	Entry_more(R8), R6
	CBZ	R6, faultNext
faultRange:
	MOVD	(R6), R5
	CBZ	R5, faultNext
	MOVD	8(R6), R7
	ADD	$16, R6
	CMP	R5, R14
	BLO	faultRange
	CMP	R7, R14
	BHS	faultRange
faultThere:
	ADD	$Entry_handlers, R8, R4
	MOVD	(R4)(R11<<3), R4
	CBZ	R4, faultNext
	JMP	(R4)
faultNext:
	ADD	$Entry__size, R8
	JMP	fault
	// Nobody's. Then once more with the caller, if there is one: with the call whose return
	// address is in the link register. What somebody sent (si_code <= 0) is no fault.
faultNowhere:
	CMP	$const_handlerFPE, R11
	BHI	faultHost
	MOVD	ucontext_pc(R2), R4
	CMP	R4, R14
	BNE	faultHost
	MOVW	siginfo_code(R1), R4
	CMPW	$0, R4
	BLE	faultHost
	MOVD	$runtime·text(SB), R5
	CMP	R5, R14
	BLO	faultCaller
	MOVD	$runtime·etext(SB), R5
	CMP	R5, R14
	BLO	faultHost
faultCaller:
	MOVD	ucontext_lr(R2), R14
	SUB	$4, R14
	MOVD	$·table(SB), R8
	JMP	fault
faultHost:
	CMP	$const_sigIgn, R10
	BLS	noHandler
	JMP	(R10)

	// The host has no handler. A signal that somebody sent (si_code <= 0) can be
	// ignored; a fault can't, because it would occur again for ever.
noHandler:
	BLO	defaultAction
	MOVW	siginfo_code(R1), R4
	CMPW	$0, R4
	BLE	return
	// Restore the default. A fault then occurs again and ends the process. A
	// signal that was sent doesn't: send the same again to this thread, where it
	// is blocked until the handler has returned.
defaultAction:
	MOVD	R0, R6	// system calls keep all but R0
	MOVD	R1, R7
	MOVD	$noAction<>(SB), R1
	MOVD	$0, R2
	MOVD	$8, R3
	MOVD	$SYS_rt_sigaction, R8
	SVC
	MOVW	siginfo_code(R7), R4
	CMPW	$0, R4
	BGT	return
	MOVD	$SYS_gettid, R8
	SVC
	MOVD	R0, R1
	MOVD	$SYS_getpid, R8
	SVC
	MOVD	R6, R2
	MOVD	R7, R3
	MOVD	$SYS_rt_tgsigqueueinfo, R8
	SVC
return:
	RET

	// A shared signal: call the handlers of all libraries that this thread
	// is inside of, then go on in the host's.
shared:
	SUB	$96, RSP
	STP	(R29, R30), 0(RSP)
	MOVD	RSP, R29	// a frame record for unwinders
	STP	(R19, R20), 16(RSP)
	STP	(R21, R22), 32(RSP)
	STP	(R23, R24), 48(RSP)
	MOVD	R10, 64(RSP)
	MOVD	R0, R20
	MOVD	R1, R21
	MOVD	R2, R22
	MOVD	R11, R23
	MOVD	R12, R24
sharedEntry:
	CALL	next<>(SB)
	MOVD	R8, R19	// R19 = entry
	CMP	R24, R19
	BEQ	sharedAll
	OWNED(R19, R4, R5, sharedNext)
	MOVWU	const_recordDepth(R5), R9
	CBNZ	R9, sharedInside
	// Its handler must not be called now; it gets the signal when the thread enters.
	CMP	$const_firstShared, R23
	BNE	sharedNext
	MOVD	$1, R9
	MOVD	R9, const_recordMissed(R5)
	JMP	sharedNext
sharedInside:
	ADD	$Entry_handlers, R19, R4
	MOVD	(R4)(R23<<3), R4
	CBZ	R4, sharedNext
	MOVD	R20, R0
	MOVD	R21, R1
	MOVD	R22, R2
	CMP	$const_handlerKill, R23
	BEQ	sharedKill
	// The interrupted code may be the host's, in a callback, which no ejection
	// may skip: hide the way out.
	MOVD	const_recordJump(R5), R6
	STP	(R5, R6), 80(RSP)
	MOVD	ZR, const_recordJump(R5)
	CALL	(R4)
	LDP	80(RSP), (R5, R6)
	MOVD	R6, const_recordJump(R5)
	JMP	sharedNext
sharedKill:
	CALL	(R4)
sharedNext:
	ADD	$Entry__size, R19, R8
	JMP	sharedEntry
sharedAll:
	MOVD	R20, R0
	MOVD	R21, R1
	MOVD	R22, R2
	CMP	$const_handlerKill, R23
	BNE	sharedHost
	MOVW	siginfo_code(R1), R4
	CMPW	$const_siTkill, R4
	BNE	sharedHost
	MOVD	ZR, 64(RSP)	// sent by hotso: not for the host
	CALL	answer<>(SB)
sharedHost:
	MOVD	64(RSP), R10
	LDP	16(RSP), (R19, R20)
	LDP	32(RSP), (R21, R22)
	LDP	48(RSP), (R23, R24)
	LDP	0(RSP), (R29, R30)
	ADD	$96, RSP
	CMP	$const_sigIgn, R10
	BLS	sharedReturn
	JMP	(R10)
sharedReturn:
	RET

// void answer(void), with the ucontext in R2: answers if this thread was asked, see RollCall.
TEXT answer<>(SB), C, $0
	MOVD	R2, R12
	MOVD	$SYS_gettid, R8
	SVC
	MOVD	R0, R13
	MOVD	$·places(SB), R10
	MOVD	$·places+const_placesSize(SB), R11
answerFind:
	MOVWU	place_thread(R10), R4
	CMPW	R13, R4
	BNE	answerNext
	ADD	$place_state, R10, R6
answerTake:
	LDAXRW	(R6), R4
	CMPW	$const_placeAsked, R4
	BNE	answerNext
	MOVD	$const_placeAnswering, R4
	STLXRW	R4, (R6), R5
	CBNZW	R5, answerTake
	JMP	answerAsked
answerNext:
	ADD	$place__size, R10
	CMP	R11, R10
	BNE	answerFind
	RET
answerAsked:
	MRS	TPIDR_EL0, R4
	MOVD	R4, place_pointer(R10)
	MOVD	·startOffset(SB), R5
	ADD	R5, R4
	MOVD	(R4), R4
	MOVD	$const_placeHost, R2
	MOVD	·hostLow(SB), R5
	CMP	R5, R4
	BLO	answerLibrary
	MOVD	·hostEnd(SB), R5
	CMP	R5, R4
	BLO	answerWith
answerLibrary:
	MOVD	R30, R13
	MOVD	$·table(SB), R8
	MOVD	$·table+const_tableSize(SB), R11
answerEntry:
	CALL	next<>(SB)
	MOVD	R13, R30
	CMP	R11, R8
	BEQ	answerStranger
	OWNED(R8, R4, R5, answerEntryNext)
	MOVD	const_recordThread(R5), R9
	CBNZ	R9, answerIn
answerEntryNext:
	ADD	$Entry__size, R8
	JMP	answerEntry
answerIn:
	MOVD	$const_placeLibrary, R2
	JMP	answerWith
	// A stranger: it shows its registers, and waits until it was looked at.
answerStranger:
	ADD	$ucontext_regs, R12, R4
	ADD	$place_regs, R10, R5
	MOVD	$const_registers, R7
answerCopy:
	MOVD.P	8(R4), R9
	MOVD.P	R9, 8(R5)
	SUBS	$1, R7
	BNE	answerCopy
	MOVD	$const_placeStranger, R2
	STLRW	R2, (R6)
	MOVD	R6, R0
	MOVD	$const_futexWaitPrivate, R1
	MOVD	$patience<>(SB), R3
	MOVD	$SYS_futex, R8
	SVC
answerLeave:
	LDAXRW	(R6), R4
	CMPW	$const_placeStranger, R4
	BNE	answered
	MOVD	$const_placeLeft, R4
	STLXRW	R4, (R6), R5
	CBNZW	R5, answerLeave
answered:
	RET
answerWith:
	STLRW	R2, (R6)
	RET

// void keyStub(void *value), where value is the address of the entry. A full barrier
// follows the increment: the state is read after it; see SetDying. The exclusive pairs
// are ARMv8.0; atomic instructions came with 8.1.
TEXT keyStub<>(SB), C, $0
	MOVD	R0, R1	// R1 = entry
	ADD	$Entry_exiting, R1, R6
keyEnter:
	LDAXRW	(R6), R4
	ADDW	$1, R4
	STLXRW	R4, (R6), R5
	CBNZW	R5, keyEnter
	DMB	$0xb	// ISH
	MOVWU	Entry_state(R1), R4
	CMPW	$const_entryLive, R4
	BNE	keyDone
	OWNED(R1, R4, R5, keyDone)
	MOVD	Entry_keyDtor(R1), R4
	CBZ	R4, keyDone
	SUB	$32, RSP
	STP	(R29, R30), 0(RSP)
	MOVD	RSP, R29
	STP	(R5, R6), 16(RSP)
	MOVWU	const_recordDepth(R5), R7
	ADDW	$1, R7
	MOVW	R7, const_recordDepth(R5)
	CALL	(R4)
	LDP	16(RSP), (R5, R6)
	LDP	0(RSP), (R29, R30)
	ADD	$32, RSP
	MOVWU	const_recordDepth(R5), R7
	SUBW	$1, R7
	MOVW	R7, const_recordDepth(R5)
keyDone:
	LDAXRW	(R6), R4
	SUBW	$1, R4
	STLXRW	R4, (R6), R5
	CBNZW	R5, keyDone
	RET

// The restorer that a handler returns to.
TEXT sigreturn<>(SB), C, $0
	MOVD	$SYS_rt_sigreturn, R8
	SVC
	BRK	// not reached

#define DISPATCH(name, generation)	\
TEXT name<>(SB), C, $0;	\
	MOVD	$(generation*const_handledCount), R3;	\
	JMP	route<>(SB)

#include "stubs.h"

// func dispatchPC(generation int) uintptr
TEXT ·dispatchPC(SB), NOSPLIT, $0-16
	MOVD	generation+0(FP), R1
	MOVD	$dispatchPCs<>(SB), R0
	MOVD	(R0)(R1<<3), R0
	MOVD	R0, ret+8(FP)
	RET

// func keyStubPC() uintptr
TEXT ·keyStubPC(SB), NOSPLIT, $0-8
	MOVD	$keyStub<>(SB), R0
	MOVD	R0, ret+0(FP)
	RET

// func ThreadPointer() uintptr
TEXT ·ThreadPointer(SB), NOSPLIT, $0-8
	MRS	TPIDR_EL0, R0
	MOVD	R0, ret+0(FP)
	RET

// func sigreturnPC() uintptr
TEXT ·sigreturnPC(SB), NOSPLIT, $0-8
	MOVD	$sigreturn<>(SB), R0
	MOVD	R0, ret+0(FP)
	RET
