// One stub per generation and per slot, and the tables of their addresses: what
// the assembly of all architectures has in common. DISPATCH and KEYSTUB are
// defined by the including file.

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

KEYSTUB(keyStub0, 0)
KEYSTUB(keyStub1, 1)
KEYSTUB(keyStub2, 2)
KEYSTUB(keyStub3, 3)
KEYSTUB(keyStub4, 4)
KEYSTUB(keyStub5, 5)
KEYSTUB(keyStub6, 6)
KEYSTUB(keyStub7, 7)
KEYSTUB(keyStub8, 8)
KEYSTUB(keyStub9, 9)
KEYSTUB(keyStub10, 10)
KEYSTUB(keyStub11, 11)
KEYSTUB(keyStub12, 12)
KEYSTUB(keyStub13, 13)
KEYSTUB(keyStub14, 14)
KEYSTUB(keyStub15, 15)

DATA keyStubPCs<>+0(SB)/8, $keyStub0<>(SB)
DATA keyStubPCs<>+8(SB)/8, $keyStub1<>(SB)
DATA keyStubPCs<>+16(SB)/8, $keyStub2<>(SB)
DATA keyStubPCs<>+24(SB)/8, $keyStub3<>(SB)
DATA keyStubPCs<>+32(SB)/8, $keyStub4<>(SB)
DATA keyStubPCs<>+40(SB)/8, $keyStub5<>(SB)
DATA keyStubPCs<>+48(SB)/8, $keyStub6<>(SB)
DATA keyStubPCs<>+56(SB)/8, $keyStub7<>(SB)
DATA keyStubPCs<>+64(SB)/8, $keyStub8<>(SB)
DATA keyStubPCs<>+72(SB)/8, $keyStub9<>(SB)
DATA keyStubPCs<>+80(SB)/8, $keyStub10<>(SB)
DATA keyStubPCs<>+88(SB)/8, $keyStub11<>(SB)
DATA keyStubPCs<>+96(SB)/8, $keyStub12<>(SB)
DATA keyStubPCs<>+104(SB)/8, $keyStub13<>(SB)
DATA keyStubPCs<>+112(SB)/8, $keyStub14<>(SB)
DATA keyStubPCs<>+120(SB)/8, $keyStub15<>(SB)
GLOBL keyStubPCs<>(SB), RODATA, $128

// The kernel's struct sigaction of SIG_DFL, all zero.
GLOBL noAction<>(SB), RODATA|NOPTR, $32
