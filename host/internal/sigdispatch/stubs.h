// One stub per generation, and the table of their addresses: what the assembly of all
// architectures has in common. DISPATCH is defined by the including file.

// How long a stranger stands still: 20 ms, a struct timespec.
DATA patience<>+0(SB)/8, $0
DATA patience<>+8(SB)/8, $20000000
GLOBL patience<>(SB), RODATA, $16

DISPATCH(dispatch0, 0)
DISPATCH(dispatch1, 1)
DISPATCH(dispatch2, 2)
DISPATCH(dispatch3, 3)
DISPATCH(dispatch4, 4)
DISPATCH(dispatch5, 5)
DISPATCH(dispatch6, 6)
DISPATCH(dispatch7, 7)

DATA dispatchPCs<>+0(SB)/8, $dispatch0<>(SB)
DATA dispatchPCs<>+8(SB)/8, $dispatch1<>(SB)
DATA dispatchPCs<>+16(SB)/8, $dispatch2<>(SB)
DATA dispatchPCs<>+24(SB)/8, $dispatch3<>(SB)
DATA dispatchPCs<>+32(SB)/8, $dispatch4<>(SB)
DATA dispatchPCs<>+40(SB)/8, $dispatch5<>(SB)
DATA dispatchPCs<>+48(SB)/8, $dispatch6<>(SB)
DATA dispatchPCs<>+56(SB)/8, $dispatch7<>(SB)
GLOBL dispatchPCs<>(SB), RODATA, $64

// The kernel's struct sigaction of SIG_DFL, all zero.
GLOBL noAction<>(SB), RODATA|NOPTR, $32
