package sigdispatch

// registers is how many there are in ucontext_t from uc_mcontext.regs on, up to pc
// (<asm/sigcontext.h>): X0 to X30, SP, PC.
const registers = 33

// SP is the stack pointer.
func (r *Registers) SP() uint64 { return r[31] }

// PC is where the thread stands.
func (r *Registers) PC() uint64 { return r[32] }
