// Package unwind says where a thread that stands still returns to: exactly, or not at all. It
// reads the tables that compilers leave for exceptions, which every shared object of the
// platforms has that hotso unloads on.
//
//	returns, err := unwind.Returns(memory, thread)   // the innermost first
//
// A look through the words of a stack finds more: what functions have left there that
// returned long ago, and what is about to be called. Which of the two is wanted, the caller must
// know.
//
// The tables are .eh_frame_hdr and .eh_frame (Linux Standard Base, Core, 10.6; DWARF 5, 6.4), as gcc,
// clang and their linkers write them. What else the formats allow is an error.
package unwind
