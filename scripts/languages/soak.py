"""Swaps the greeter under the calls of four threads, then crashes a library, and prints what the process has left of it.

    HOTSO_LIBRARY=build/libhotso.so PYTHONPATH=python/src \
        python3 scripts/languages/soak.py DIRECTORY --swaps 10000 --crashes 1000

DIRECTORY has libgreeter.v1.so, libgreeter.v2.so and libcrash.v1.so. The exit code is 1 if a call failed, a crash was not
contained, or threads, mappings or descriptors have grown.
"""

import argparse
import json
import os
import re
import sys
import threading
import time

import hotso

KINDS = ["goroutine", "wild", "throw", "unlock", "overflow", "memory", "exit", "log"]


def process() -> "dict[str, int]":
    """What the process has: threads, mappings, descriptors, and resident memory in bytes."""
    with open("/proc/self/status") as f:
        status = f.read()
    with open("/proc/self/maps") as f:
        mappings = sum(1 for _ in f)
    return {
        "threads": int(re.search(r"Threads:\s*(\d+)", status)[1]),
        "mappings": mappings,
        "descriptors": len(os.listdir("/proc/self/fd")),
        "rss": int(re.search(r"VmRSS:\s*(\d+)", status)[1]) << 10,
    }


def note(text: str) -> None:
    print(f"\r{text}", end="", file=sys.stderr, flush=True)


def swaps(directory: str, n: int) -> "dict[str, object]":
    """Swaps n times while four threads call. The first tenth is not counted: caches fill."""
    paths = [os.path.join(directory, f"libgreeter.v{v}.so") for v in (1, 2)]
    over, calls, failed = threading.Event(), [0] * 4, []

    def call(i: int) -> None:
        while not over.is_set():
            try:
                if not greet("Ada").startswith("Hello"):
                    failed.append("wrong answer")
                calls[i] += 1
            except hotso.Error as e:
                failed.append(str(e))

    with hotso.Slot("greeter", allow_downgrade=True, drain_timeout=60) as slot:
        slot.swap(paths[0])
        greet = slot.function("GreetName", "func(string) (string, error)")
        threads = [threading.Thread(target=call, args=(i,)) for i in range(4)]
        for t in threads:
            t.start()
        warm, took = n // 10, []
        for i in range(1, warm + n + 1):
            if i == warm + 1:
                before = process()
            began = time.perf_counter()
            slot.swap(paths[i % 2])
            took.append(time.perf_counter() - began)
            while slot.event(timeout=0):
                pass
            if i % 100 == 0:
                note(f"{i} swaps, {sum(calls)} calls, {len(failed)} failed")
        after = process()
        over.set()
        for t in threads:
            t.join()
    note("")
    return {
        "swaps": n, "calls": sum(calls), "failed": len(failed), "errors": failed[:3],
        "swap_ms": round(1000 * sorted(took)[len(took) // 2], 2),
        "before": before, "after": after, "rss_per_swap": round((after["rss"] - before["rss"]) / n, 1),
    }  # fmt: skip


def crashes(directory: str, n: int) -> "dict[str, object]":
    """Has a library crash n times, in all the ways that there are in turn; contained means that it raised Crashed."""
    contained, wrong = 0, []
    with hotso.Slot("crash", crash_limit=10 * n, drain_timeout=60) as slot:
        slot.swap(os.path.join(directory, "libcrash.v1.so"))
        add = slot.function("Add", "func(int32, int32) int32")
        before = process()
        for i in range(n):
            kind = KINDS[i % len(KINDS)]
            try:
                slot.call("hotso_drill", kind, timeout=60)
                wrong.append(f"{kind}: no error")
            except hotso.Crashed:
                contained += 1
            except hotso.Error as e:
                wrong.append(f"{kind}: {e}")
            for _ in range(10_000):
                try:
                    add(2, 3)
                    break
                except hotso.Crashed:
                    time.sleep(0.001)  # it is being loaded again
            while slot.event(timeout=0):
                pass
            if i % 10 == 9:
                note(f"{i + 1} crashes, {contained} contained")
        after = process()
    note("")
    return {"crashes": n, "contained": contained, "wrong": wrong[:3], "before": before, "after": after}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory")
    parser.add_argument("--swaps", type=int, default=10_000)
    parser.add_argument("--crashes", type=int, default=1000)
    args = parser.parse_args()
    good = True
    if args.swaps:
        s = swaps(args.directory, args.swaps)
        print(json.dumps(s))
        grown = [k for k in ("threads", "mappings", "descriptors") if s["after"][k] > s["before"][k] + 16]
        good = not s["failed"] and not grown
    if args.crashes:
        c = crashes(args.directory, args.crashes)
        print(json.dumps(c))
        good = good and c["contained"] == args.crashes
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
