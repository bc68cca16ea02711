"""Serves the greeter to eight threads, and swaps it under their calls.

    python3 python/examples/greeter.py build/libgreeter.v1.so build/libgreeter.v2.so
"""

import sys
import threading
import time

import hotso


def main(paths: "list[str]") -> int:
    calls, failures = [0] * 8, [0] * 8
    over = threading.Event()

    def serve(i: int, greet: hotso.Function) -> None:
        while not over.is_set():
            try:
                greet("Ada")
                calls[i] += 1
            except hotso.Error:
                failures[i] += 1

    with hotso.Slot("greeter", allow_downgrade=True) as slot:
        slot.swap(paths[0])
        greet = slot.function("GreetName", "func(string) (string, error)")
        print(greet("Ada"))
        threads = [threading.Thread(target=serve, args=(i, greet)) for i in range(8)]
        for t in threads:
            t.start()
        begin = time.perf_counter()
        swaps = 20
        for i in range(1, swaps + 1):
            slot.swap(paths[i % len(paths)])
            time.sleep(0.02)
        took = (time.perf_counter() - begin) / swaps - 0.02
        over.set()
        for t in threads:
            t.join()
        print(f"{sum(calls)} calls, {sum(failures)} failed, {swaps} swaps of {1000 * took:.1f} ms")
    return 1 if sum(failures) else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
