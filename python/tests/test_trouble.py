"""Crashes, hung calls, callbacks, streams, forks."""

import importlib.util
import io
import multiprocessing
import os
import subprocess
import sys
import unittest

from common import Callers, library

import hotso

CRASHES = ["goroutine", "wild", "throw", "unlock", "overflow", "exit", "log"]


class Crashes(unittest.TestCase):
    def test_contained(self) -> None:
        with hotso.Slot("crash", crash_limit=1000) as slot:
            slot.swap(library("crash"))
            add = slot.function("Add", "func(int32, int32) int32")
            for kind in CRASHES:
                with self.assertRaises(hotso.Crashed, msg=kind) as caught:
                    slot.call("hotso_drill", kind)
                self.assertIn("crash", caught.exception.details, kind)
                for _ in range(1000):
                    try:
                        self.assertEqual(add(2, 3), 5)
                        break
                    except hotso.Crashed:
                        pass  # it is being loaded again
            self.assertRaises(TypeError, lambda: None + 1)  # Python's own errors are intact

    def test_hung(self) -> None:
        with hotso.Slot("slow", kill_hung=True, cancel_grace=0.01) as slot:
            slot.swap(library("slow"))
            with self.assertRaises(hotso.Hung):
                slot.call("Sleep", 3_600_000, timeout=0.05)
            self.assertTrue(issubclass(hotso.Hung, TimeoutError))


class Callbacks(unittest.TestCase):
    def setUp(self) -> None:
        self.callback = hotso.Library(
            library("callback"), provide={"Greet": ("func(string, int32) string", lambda name, n: f"{n} x {name}")}
        )
        self.addCleanup(self.callback.close)

    def test_provided(self) -> None:
        self.assertEqual(self.callback.call("Greet", "Ada", 3), "3 x Ada")
        self.assertEqual(self.callback.call("Greet", "A" * 5000, 3), "3 x " + "A" * 5000)

    def test_lent(self) -> None:
        each = self.callback.function("Each")
        seen = []

        def visit(i: int) -> int:
            seen.append(i)
            return 10 * i

        with hotso.lend(visit, "func(int32) (int64, error)") as lent:
            self.assertEqual(each(lent, 5), 10 * sum(seen))
        self.assertEqual(len(seen), 5)
        with self.assertRaises(hotso.CallFailed):
            each(lent, 5)  # withdrawn

        with hotso.lend(visit, "func(string)") as lent, self.assertRaises(hotso.CallFailed) as caught:
            each(lent, 5)
        self.assertIn("signature", str(caught.exception))

        def fail(i: int) -> int:
            raise ValueError(f"no {i}")

        with hotso.lend(fail, "func(int32) (int64, error)") as lent, self.assertRaises(hotso.CallFailed) as caught:
            each(lent, 5)
        self.assertIn("no ", str(caught.exception))

    def test_on_many_threads(self) -> None:
        greet = self.callback.function("Greet")
        with Callers(lambda: greet("Ada", 1), threads=8) as callers:
            while all(t.is_alive() for t in callers._threads) and greet("Eve", 2) != "2 x Eve":
                pass
        self.assertEqual(callers.failures, [])


class Streams(unittest.TestCase):
    def test_read(self) -> None:
        with hotso.Library(library("callback")) as lib:
            with io.BufferedReader(lib.open_stream("Bytes", 100_000, "")) as stream:
                self.assertEqual(stream.read(), bytes(i % 256 for i in range(100_000)))
            with lib.open_stream("Bytes", 10, "error") as stream, self.assertRaises(hotso.CallFailed):
                stream.readall()
            stream = lib.open_stream("Bytes", 100_000, "")
            self.assertEqual(len(stream.read(10)), 10)
            stream.close()
            with self.assertRaises((hotso.Closed, ValueError)):
                stream.read(1)


class Signals(unittest.TestCase):
    def test_faulthandler(self) -> None:
        """Faulthandler takes the signals for faults, and raises them again as if somebody had sent them."""
        out = subprocess.run(
            [sys.executable, "-c", FAULTS, library("crash")], capture_output=True, text=True, env=in_path(), check=False
        )
        self.assertEqual((out.returncode, out.stdout), (0, "contained\n"), out.stderr[-2000:])


FAULTS = """
import faulthandler, sys, hotso
with hotso.Slot("crash", crash_limit=100) as slot:
    slot.swap(sys.argv[1])
    assert hotso.signals() == []
    faulthandler.enable()
    taken = {t["signal"] for t in hotso.signals()}
    assert {"SIGSEGV", "SIGBUS", "SIGFPE"} <= taken, taken
    assert hotso.signals() == []
    try:
        slot.call("hotso_drill", "nil")
    except hotso.Crashed as e:
        assert "nil pointer dereference" in str(e), e
    else:
        raise SystemExit("no crash")
print("contained")
"""


def in_path() -> "dict[str, str]":
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


class Forks(unittest.TestCase):
    def test_fork_is_told(self) -> None:
        with hotso.Library(library("greeter")) as greeter:
            greet = greeter.function("GreetName")
            greet("Ada")
            read, write = os.pipe()
            child = os.fork()
            if child == 0:
                try:
                    greet("Ada")
                    os.write(write, b"answered")
                except hotso.Forked:
                    os.write(write, b"told")
                finally:
                    os._exit(0)
            os.close(write)
            os.waitpid(child, 0)
            self.assertEqual(os.read(read, 20), b"told")
            os.close(read)
            self.assertTrue(greet("Ada"))

    def test_spawn_works(self) -> None:
        hotso.version()
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            self.assertEqual(pool.apply(in_child, [library("greeter")]), "Hello, Ada!")


def in_child(path: str) -> str:
    with hotso.Library(path) as greeter:
        return greeter.call("GreetName", "Ada")


INTERPRETER = """
import sys
import _xxsubinterpreters as interpreters
import hotso

code = f"import hotso; slot = hotso.Slot('echo'); slot.swap({sys.argv[1]!r}); "
code += "f = slot.function('Text'); f('x'); slot.close()"
left = interpreters.create()
interpreters.run_string(left, code)
hotso.Slot("echo").swap(sys.argv[1])  # ctypes mixes up the types of two interpreters: this may fail
"""


@unittest.skipUnless(importlib.util.find_spec("_xxsubinterpreters"), "this Python has another module for them")
class Interpreters(unittest.TestCase):
    def test_one_that_is_left(self) -> None:
        command = [sys.executable, "-c", INTERPRETER, library("echo")]
        done = subprocess.run(command, capture_output=True, text=True, env=in_path(), check=False, timeout=20)
        self.assertIn(done.returncode, (0, 1), done.stderr)


if __name__ == "__main__":
    unittest.main()
