#include "textflag.h"

#define SYS_prlimit64 302
#define RLIMIT_NOFILE 7

// func getrlimit(limits *limit)
TEXT ·getrlimit(SB), NOSPLIT, $0-8
	MOVL	$SYS_prlimit64, AX
	MOVL	$0, DI
	MOVL	$RLIMIT_NOFILE, SI
	MOVL	$0, DX
	MOVQ	limits+0(FP), R10
	SYSCALL
	RET
