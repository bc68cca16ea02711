"""What the tests have in common: libraries that were built for them, told of in the environment."""

import os
import threading
import unittest

import hotso


def library(name: str, version: str = "1") -> str:
    """The path of a library, from HOTSO_TEST_LIBRARIES, a directory."""
    directory = os.environ.get("HOTSO_TEST_LIBRARIES")
    if not directory:
        raise unittest.SkipTest("HOTSO_TEST_LIBRARIES does not say where libraries are")
    return os.path.join(directory, f"lib{name}.v{version}.so")


class Callers:
    """Threads that call a function all the time."""

    def __init__(self, call, threads: int = 4) -> None:
        self.calls, self.failures, self._over = 0, [], threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(call,)) for _ in range(threads)]

    def _run(self, call) -> None:
        n = 0
        while not self._over.is_set():
            try:
                call()
                n += 1
            except hotso.Error as e:
                self.failures.append(e)
        self.calls += n

    def __enter__(self) -> "Callers":
        for t in self._threads:
            t.start()
        return self

    def __exit__(self, *_) -> None:
        self._over.set()
        for t in self._threads:
            t.join()
