// The signal dispatcher and the key stub; see doc.go for what they decide and
// why they can't be Go. Twin of dispatch_arm64.s: same labels, same order.
//
// All functions here are C ABI functions of the System V psABI: arguments in
// DI, SI, DX; BX, BP, R12-R15 are callee-saved; SP is 8 modulo 16 at entry.

//go:build linux

#include "go_asm.h"
#include "textflag.h"

#define SYS_rt_sigaction	13
#define SYS_rt_sigprocmask	14
#define SYS_rt_sigreturn	15
#define SYS_getpid	39
#define SYS_gettid	186
#define SYS_futex	202
#define SYS_rt_tgsigqueueinfo	297

#define siginfo_code	8	// si_code in siginfo_t
#define ucontext_regs	40	// uc_mcontext.gregs in ucontext_t
#define ucontext_sp	160	// uc_mcontext.gregs[REG_RSP]
#define ucontext_pc	168	// uc_mcontext.gregs[REG_RIP]

// C is for functions that C or the kernel calls: no Go prologue, and a
// traceback that meets one ends there.
#define C	NOSPLIT|NOFRAME|TOPFRAME

// OWNED falls through if this thread's g belongs to the library of entry, else it
// jumps to no. It leaves the address of the thread's record in record and clobbers
// owner. The owner is read before everything else of the entry; see Take. 0(FS) is the
// thread control block's address of itself.
#define OWNED(entry, owner, record, no)	\
	MOVQ	Entry_owner(entry), owner;	\
	TESTQ	owner, owner;	\
	JZ	no;	\
	MOVQ	Entry_record(entry), record;	\
	ADDQ	0(FS), record;	\
	CMPQ	const_recordOwner(record), owner;	\
	JNE	no

// INSIDE falls through if this thread is inside the library of entry, else it jumps to no.
#define INSIDE(entry, owner, record, no)	\
	OWNED(entry, owner, record, no);	\
	CMPL	const_recordDepth(record), $0;	\
	JEQ	no

// next has R8 be the first taken entry from the one in R8 on, or the table's end. It
// clobbers AX, CX and R9. A signal is not to take longer for each entry that is free.
TEXT next<>(SB), C, $0
	LEAQ	·table(SB), R9
	SUBQ	R9, R8
	SHRQ	$const_entryShift, R8	// R8 = index
nextWord:
	CMPQ	R8, $const_maxSlots
	JCC	nextFound
	MOVQ	R8, CX
	MOVQ	R8, AX
	SHRQ	$6, AX
	LEAQ	·taken(SB), R9
	MOVQ	(R9)(AX*8), AX
	LEAQ	·table(SB), R9
	SHRQ	CX, AX	// by the low 6 bits of CX, which may be 0: no flags
	TESTQ	AX, AX
	JZ	nextSkip
	BSFQ	AX, AX
	ADDQ	AX, R8
nextFound:
	SHLQ	$const_entryShift, R8
	ADDQ	R9, R8
	RET
nextSkip:
	ORQ	$63, R8
	INCQ	R8
	JMP	nextWord

// void route(int sig, siginfo_t *info, void *ucontext), with the index of
// the generation's first original in CX.
TEXT route<>(SB), C, $0
	NOP	SP	// the frame is laid by hand: no stack checks by vet
	MOVL	DI, DI
	LEAQ	·handlerIndex(SB), AX
	MOVBLZX	(AX)(DI*1), R11	// R11 = handler index
	LEAQ	·originals(SB), AX
	ADDQ	R11, CX
	MOVQ	(AX)(CX*8), R10	// R10 = the host's handler
	LEAQ	·table(SB), R8	// R8 = entry
	CMPL	R11, $const_firstShared
	JCC	shared

	// A fault: one handler gets it, in place of this function.
	PUSHQ	BX
	MOVQ	ucontext_pc(DX), BX	// BX = whose code?
fault:
	CALL	next<>(SB)
	LEAQ	·table+const_tableSize(SB), AX
	CMPQ	R8, AX
	JEQ	faultNowhere
	INSIDE(R8, AX, CX, faultNext)
	CMPL	const_recordDepth(CX), $0
	JGT	faultInside
	// It has called the host: a fault that is not in the text is not of what the text has called.
	CMPQ	BX, ucontext_pc(DX)
	JNE	faultNext
faultInside:
	CMPQ	BX, Entry_textLow(R8)
	JCS	faultMore
	CMPQ	BX, Entry_textHigh(R8)
	JCS	faultThere
	// Or in its copies of shared objects.
faultMore:
	MOVQ	Entry_more(R8), CX
	TESTQ	CX, CX
	JZ	faultNext
faultRange:
	CMPQ	(CX), $0
	JEQ	faultNext
	CMPQ	BX, (CX)
	JCS	faultNextRange
	CMPQ	BX, 8(CX)
	JCS	faultThere
faultNextRange:
	ADDQ	$16, CX
	JMP	faultRange
faultThere:
	MOVQ	Entry_handlers(R8)(R11*8), AX
	TESTQ	AX, AX
	JNZ	faultHandler
faultNext:
	ADDQ	$Entry__size, R8
	JMP	fault
	// Nobody's. Then once more with the caller, if there is one: with the last byte of the call
	// whose return address is on top of the stack. What somebody sent (si_code <= 0) is no fault.
faultNowhere:
	CMPL	R11, $const_handlerFPE
	JHI	faultHost
	CMPQ	BX, ucontext_pc(DX)
	JNE	faultHost
	CMPL	siginfo_code(SI), $0
	JLE	faultHost
	LEAQ	runtime·text(SB), AX
	CMPQ	BX, AX
	JCS	faultCaller
	LEAQ	runtime·etext(SB), AX
	CMPQ	BX, AX
	JCS	faultHost
	// A stack that has overflowed can't be read. The kernel tells: it reads a signal set there
	// before it finds that nothing is to be done with it.
faultCaller:
	MOVQ	ucontext_sp(DX), BX
	PUSHQ	DI
	PUSHQ	SI
	PUSHQ	DX
	PUSHQ	R10
	PUSHQ	R11
	MOVL	$-1, DI
	MOVQ	BX, SI
	XORL	DX, DX
	MOVL	$8, R10
	MOVL	$SYS_rt_sigprocmask, AX
	SYSCALL
	POPQ	R11
	POPQ	R10
	POPQ	DX
	POPQ	SI
	POPQ	DI
	CMPQ	AX, $const_einval
	JNE	faultHost
	MOVQ	(BX), BX
	DECQ	BX
	LEAQ	·table(SB), R8
	JMP	fault
faultHost:
	MOVQ	R10, AX
faultHandler:
	POPQ	BX
	CMPQ	AX, $const_sigIgn
	JLS	noHandler
	JMP	AX

	// The host has no handler. A signal that somebody sent (si_code <= 0) can be
	// ignored; a fault can't, because it would occur again for ever.
noHandler:
	JCS	defaultAction
	CMPL	siginfo_code(SI), $0
	JLE	return
	// Restore the default. A fault then occurs again and ends the process. A
	// signal that was sent doesn't: send the same again to this thread, where it
	// is blocked until the handler has returned.
defaultAction:
	MOVQ	DI, R8	// system calls keep all but AX, CX, R11
	MOVQ	SI, R9
	LEAQ	noAction<>(SB), SI
	XORL	DX, DX
	MOVL	$8, R10
	MOVL	$SYS_rt_sigaction, AX
	SYSCALL
	CMPL	siginfo_code(R9), $0
	JGT	return
	MOVL	$SYS_gettid, AX
	SYSCALL
	MOVQ	AX, SI
	MOVL	$SYS_getpid, AX
	SYSCALL
	MOVQ	AX, DI
	MOVQ	R8, DX
	MOVQ	R9, R10
	MOVL	$SYS_rt_tgsigqueueinfo, AX
	SYSCALL
return:
	RET

	// A shared signal: call the handlers of all libraries that this thread
	// is inside of, then go on in the host's.
shared:
	ADJSP	$72
	MOVQ	BX, 0(SP)
	MOVQ	R12, 8(SP)
	MOVQ	R13, 16(SP)
	MOVQ	R14, 24(SP)
	MOVQ	R15, 32(SP)
	MOVQ	R10, 40(SP)
	MOVQ	DI, R12
	MOVQ	SI, R13
	MOVQ	DX, R14
	MOVQ	R11, R15
sharedEntry:
	CALL	next<>(SB)
	MOVQ	R8, BX	// BX = entry
	LEAQ	·table+const_tableSize(SB), AX
	CMPQ	BX, AX
	JEQ	sharedAll
	OWNED(BX, AX, CX, sharedNext)
	CMPL	const_recordDepth(CX), $0
	JNE	sharedInside
	// Its handler must not be called now; it gets the signal when the thread enters.
	CMPQ	R15, $const_firstShared
	JNE	sharedNext
	MOVQ	$1, const_recordMissed(CX)
	JMP	sharedNext
sharedInside:
	MOVQ	Entry_handlers(BX)(R15*8), AX
	TESTQ	AX, AX
	JZ	sharedNext
	MOVQ	R12, DI
	MOVQ	R13, SI
	MOVQ	R14, DX
	CMPQ	R15, $const_handlerKill
	JEQ	sharedKill
	// The interrupted code may be the host's, in a callback, which no ejection
	// may skip: hide the way out.
	MOVQ	CX, 48(SP)
	MOVQ	const_recordJump(CX), R8
	MOVQ	R8, 56(SP)
	MOVQ	$0, const_recordJump(CX)
	CALL	AX
	MOVQ	48(SP), CX
	MOVQ	56(SP), R8
	MOVQ	R8, const_recordJump(CX)
	JMP	sharedNext
sharedKill:
	CALL	AX
sharedNext:
	LEAQ	Entry__size(BX), R8
	JMP	sharedEntry
sharedAll:
	MOVQ	R12, DI
	MOVQ	R13, SI
	MOVQ	R14, DX
	CMPQ	R15, $const_handlerKill
	JNE	sharedHost
	CMPL	siginfo_code(SI), $const_siTkill
	JNE	sharedHost
	MOVQ	$0, 40(SP)	// sent by hotso: not for the host
	CALL	answer<>(SB)
sharedHost:
	MOVQ	0(SP), BX
	MOVQ	8(SP), R12
	MOVQ	16(SP), R13
	MOVQ	24(SP), R14
	MOVQ	32(SP), R15
	MOVQ	40(SP), R10
	ADJSP	$-72
	CMPQ	R10, $const_sigIgn
	JLS	sharedReturn
	JMP	R10
sharedReturn:
	RET

// void answer(void), with the ucontext in DX: answers if this thread was asked, see RollCall.
TEXT answer<>(SB), C, $0
	MOVQ	DX, R9
	MOVL	$SYS_gettid, AX
	SYSCALL
	MOVL	AX, R10
	LEAQ	·places(SB), R8
	LEAQ	·places+const_placesSize(SB), DX
answerFind:
	CMPL	place_thread(R8), R10
	JNE	answerNext
	MOVL	$const_placeAsked, AX
	MOVL	$const_placeAnswering, CX
	LOCK
	CMPXCHGL	CX, place_state(R8)
	JEQ	answerAsked
answerNext:
	ADDQ	$place__size, R8
	CMPQ	R8, DX
	JNE	answerFind
	RET
answerAsked:
	MOVQ	0(FS), R10
	MOVQ	R10, place_pointer(R8)
	ADDQ	·startOffset(SB), R10
	MOVQ	(R10), AX
	MOVL	$const_placeHost, DX
	CMPQ	AX, ·hostLow(SB)
	JCS	answerLibrary
	CMPQ	AX, ·hostEnd(SB)
	JCS	answerWith
answerLibrary:
	MOVQ	R8, R10	// R10 = place
	MOVQ	R9, SI	// SI = ucontext
	LEAQ	·table(SB), R8
answerEntry:
	CALL	next<>(SB)
	LEAQ	·table+const_tableSize(SB), AX
	CMPQ	R8, AX
	JEQ	answerStranger
	OWNED(R8, AX, CX, answerEntryNext)
	CMPQ	const_recordThread(CX), $0
	JNE	answerIn
answerEntryNext:
	ADDQ	$Entry__size, R8
	JMP	answerEntry
answerIn:
	MOVQ	R10, R8
	MOVL	$const_placeLibrary, DX
	JMP	answerWith
	// A stranger: it shows its registers, and waits until it was looked at.
answerStranger:
	MOVQ	R10, R8
	ADDQ	$ucontext_regs, SI
	LEAQ	place_regs(R8), DI
	MOVL	$const_registers, CX
	REP	// forwards: the kernel clears DF for a handler
	MOVSQ
	MOVL	$const_placeStranger, AX
	XCHGL	AX, place_state(R8)
	LEAQ	place_state(R8), DI
	MOVL	$const_futexWaitPrivate, SI
	MOVL	$const_placeStranger, DX
	LEAQ	patience<>(SB), R10
	MOVQ	R8, R9
	MOVL	$SYS_futex, AX
	SYSCALL
	MOVL	$const_placeStranger, AX
	MOVL	$const_placeLeft, CX
	LOCK
	CMPXCHGL	CX, place_state(R9)
	RET
answerWith:
	XCHGL	DX, place_state(R8)
	RET

// void keyStub(void *value), where value is the address of the entry. The locked
// increment is a full barrier: the state is read after it; see SetDying.
TEXT keyStub<>(SB), C, $0
	NOP	SP
	MOVQ	DI, SI	// SI = entry
	LOCK
	INCL	Entry_exiting(SI)
	CMPL	Entry_state(SI), $const_entryLive
	JNE	keyDone
	OWNED(SI, AX, CX, keyDone)
	MOVQ	Entry_keyDtor(SI), AX
	TESTQ	AX, AX
	JZ	keyDone
	ADJSP	$24
	MOVQ	SI, 0(SP)
	MOVQ	CX, 8(SP)
	INCL	const_recordDepth(CX)
	CALL	AX
	MOVQ	0(SP), SI
	MOVQ	8(SP), CX
	ADJSP	$-24
	DECL	const_recordDepth(CX)
keyDone:
	LOCK
	DECL	Entry_exiting(SI)
	RET

// The restorer that a handler returns to.
TEXT sigreturn<>(SB), C, $0
	MOVL	$SYS_rt_sigreturn, AX
	SYSCALL
	INT	$3	// not reached

#define DISPATCH(name, generation)	\
TEXT name<>(SB), C, $0;	\
	MOVL	$(generation*const_handledCount), CX;	\
	JMP	route<>(SB)

#include "stubs.h"

// func dispatchPC(generation int) uintptr
TEXT ·dispatchPC(SB), NOSPLIT, $0-16
	MOVQ	generation+0(FP), CX
	LEAQ	dispatchPCs<>(SB), AX
	MOVQ	(AX)(CX*8), AX
	MOVQ	AX, ret+8(FP)
	RET

// func keyStubPC() uintptr
TEXT ·keyStubPC(SB), NOSPLIT, $0-8
	LEAQ	keyStub<>(SB), AX
	MOVQ	AX, ret+0(FP)
	RET

// func ThreadPointer() uintptr
TEXT ·ThreadPointer(SB), NOSPLIT, $0-8
	MOVQ	0(FS), AX
	MOVQ	AX, ret+0(FP)
	RET

// func sigreturnPC() uintptr
TEXT ·sigreturnPC(SB), NOSPLIT, $0-8
	LEAQ	sigreturn<>(SB), AX
	MOVQ	AX, ret+0(FP)
	RET
