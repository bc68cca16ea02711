#include "textflag.h"

#define SYS_prlimit64 261
#define RLIMIT_NOFILE 7

// func getrlimit(limits *limit)
TEXT ·getrlimit(SB), NOSPLIT, $0-8
	MOVD	$0, R0
	MOVD	$RLIMIT_NOFILE, R1
	MOVD	$0, R2
	MOVD	limits+0(FP), R3
	MOVD	$SYS_prlimit64, R8
	SVC
	RET
