package main

// asm/unistd.h
const (
	sysMemfdCreate = 319
	sysRecvmmsg    = 299
)
