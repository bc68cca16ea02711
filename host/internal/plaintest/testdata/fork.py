"""The greeter in children of a Python program, by os.fork and multiprocessing."""

import multiprocessing
import os
import pathlib
import sys
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).parents[4] / "libgreeter/examples/python"))
import greet  # noqa: E402

LIMIT = 30  # seconds

loaded = None  # by the parent, before any child


def check(what, right):
    print(f"{what}: {'ok' if right else 'failed'}", flush=True)


def refused():
    """Whether each call of the library that the parent has loaded is an error that says why."""
    for call in (lambda: loaded.greet(), lambda: loaded.add(1, 2), lambda: loaded.greet_name("Ada"), loaded.start, loaded.stop):
        try:
            call()
            return False
        except greet.GreeterError as err:
            if "forked after the library was loaded" not in str(err):
                return False
    return True


def serves(path):
    """Whether the library serves a process that loads it itself."""
    greeter = greet.Greeter(path)
    greeter.start()
    return greeter.add(40, 2) == 42 and all(greeter.greet_name(str(i))[0] for i in range(1, 2000))


def exits(right, *args):
    sys.exit(0 if right(*args) else 1)


def in_process(method, right, *args):
    process = multiprocessing.get_context(method).Process(target=exits, args=(right, *args))
    process.start()
    process.join(LIMIT)
    process.kill()
    process.join()
    return process.exitcode == 0


def main(path):
    global loaded
    check("fork, then load", in_process("fork", serves, path))
    loaded = greet.Greeter(path)
    loaded.start()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if refused() else 1)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    check("os.fork", os.waitpid(child, 0)[1] == 0)
    check("multiprocessing: fork", in_process("fork", refused))
    with multiprocessing.get_context("fork").Pool(2) as pool:
        check("multiprocessing: a pool of forked workers", pool.map_async(only_refused, range(4)).get(LIMIT) == [True] * 4)
    check("multiprocessing: forkserver", in_process("forkserver", serves, path))
    check("multiprocessing: spawn", in_process("spawn", serves, path))
    check("the parent", loaded.add(40, 2) == 42)
    loaded.stop()
    print("end")


def only_refused(_):
    return refused()


if __name__ == "__main__":
    main(sys.argv[1])
