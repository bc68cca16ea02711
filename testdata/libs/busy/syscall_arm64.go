package main

// asm/unistd.h
const (
	sysMemfdCreate = 279
	sysRecvmmsg    = 243
)
