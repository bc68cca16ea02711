"""A fault in Go code is a panic if Python's faulthandler was there first."""

import ctypes
import faulthandler
import sys

PANIC = 3

faulthandler.enable()
library = ctypes.CDLL(sys.argv[1])
print("start:", "ok" if library.hotso_start(ctypes.c_int64(10**10)) == 0 else "failed")
for _ in range(3):
    print("a panic:", "ok" if library.Fault() & 0xFF == PANIC else "failed")
print("a call:", "ok" if library.Add(40, 2) == 42 else "failed")
print("end")
