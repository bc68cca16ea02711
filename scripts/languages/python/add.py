"""Measures Add of the greeter as c/add.c does, with ctypes and with the package hotso."""

import ctypes
import sys
import time

import hotso

TURNS, CALLS = 20, 10_000


def took(call) -> int:
    begin = time.perf_counter_ns()
    for i in range(CALLS):
        call(i, 1)
    return time.perf_counter_ns() - begin


def main(path: str, rounds: int) -> None:
    library = ctypes.CDLL(path)
    library.hotso_start.argtypes = [ctypes.c_int64]
    if library.hotso_start(0) != 0:
        sys.exit("hotso_start failed")
    plain = library.Add
    plain.argtypes, plain.restype = [ctypes.c_int32, ctypes.c_int32], ctypes.c_int32
    slot = hotso.Slot("greeter")
    slot.swap(path)
    add = slot.function("Add", "func(int32, int32) int32")
    if plain(40, 2) != 42 or add(40, 2) != 42:
        sys.exit("wrong result")
    ways = plain, add, add.call, add.unchecked
    for _ in range(rounds):
        turns = [[took(way) for way in ways] for _ in range(TURNS)]
        print(*(min(t[i] for t in turns) / CALLS for i in range(len(ways))))


main(sys.argv[1], int(sys.argv[2]))
