//go:build linux && !cgo && !android

#include "go_asm.h"
#include "textflag.h"

// Room in the TLS block of the program; see room_linux.go. A reference to it is worth
// nothing: the linker knows no address of it.
GLOBL ·roomSymbol(SB), TLSBSS, $const_roomSize

// func keepRoom()
TEXT ·keepRoom(SB), NOSPLIT, $0-0
	MOVD	·roomSymbol(SB), R0
	RET
