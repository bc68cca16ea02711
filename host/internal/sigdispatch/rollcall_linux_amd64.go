package sigdispatch

// registers is how many there are in ucontext_t from uc_mcontext.gregs on, up to RIP
// (<sys/ucontext.h>): R8 to R15, RDI, RSI, RBP, RBX, RDX, RAX, RCX, RSP, RIP.
const registers = 17

// SP is the stack pointer.
func (r *Registers) SP() uint64 { return r[15] }

// PC is where the thread stands.
func (r *Registers) PC() uint64 { return r[16] }
