"""A Python host of the greeter, through the C API of include/greeter.h.

    python3 libgreeter/examples/python/greet.py build/libgreeter.v2.so

Exit code: 0 all went well, 1 a call failed, 2 wrong arguments, 3 the file is
not a library that this program can use.
"""

import ctypes
import sys
from ctypes import POINTER, byref, c_char, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_void_p

FAILED, USAGE, NOT_USABLE = 1, 2, 3

ABI_VERSION = 1
MAGIC = b"hotso\0\0\1"
OK, TOO_SMALL = 0, 1  # kinds of a status
TIMEOUT = 10 * 10**9  # nanoseconds


class Description(ctypes.Structure):
    """hotso_description. The library owns it."""

    _fields_ = [
        ("magic", ctypes.c_ubyte * 8),
        ("abi", c_uint32),
        ("flags", c_uint32),
        ("name", c_char * 64),
        ("version", c_char * 64),
    ]


class NotUsable(Exception):
    """The file is not a hotso library of this ABI."""


class GreeterError(Exception):
    """A function of the library failed; the text is its message."""


# Result and parameters, as the headers have them. Greet returns a c_void_p:
# ctypes turns a c_char_p into bytes, and then nobody could free the pointer.
PROTOTYPES = {
    "hotso_describe": (POINTER(Description), []),
    "hotso_start": (c_int32, [c_int64]),
    "hotso_stop": (c_int32, [c_int64]),
    "hotso_take": (c_int32, [c_int32, POINTER(c_char), c_size_t, POINTER(c_size_t)]),
    "hotso_take_status": (c_int32, []),
    "hotso_free": (None, [c_void_p]),
    "Greet": (c_void_p, []),
    "Add": (c_int32, [c_int32, c_int32]),
    "GreetName": (c_int32, [c_char_p, c_size_t, POINTER(c_char), c_size_t, POINTER(c_size_t)]),
}


class Greeter:
    """A loaded greeter. Its methods may be called from any thread."""

    def __init__(self, path: str) -> None:
        try:
            self._lib = ctypes.CDLL(path)
            for name, (restype, argtypes) in PROTOTYPES.items():
                function = getattr(self._lib, name)
                function.restype, function.argtypes = restype, argtypes
            self._pending = c_uint32.in_dll(self._lib, "hotso_pending")
        except (OSError, AttributeError, ValueError) as err:
            raise NotUsable(err) from err
        description = self._lib.hotso_describe().contents
        if bytes(description.magic) != MAGIC or description.abi != ABI_VERSION:
            raise NotUsable(f"{path}: not a hotso library of ABI {ABI_VERSION}")
        self.abi: int = description.abi
        self.name: str = description.name.decode()
        self.version: str = description.version.decode()

    def start(self) -> None:
        self._check(self._lib.hotso_start(TIMEOUT))

    def stop(self) -> None:
        self._check(self._lib.hotso_stop(TIMEOUT))

    def greet(self) -> str:
        pointer = self._lib.Greet()
        self._check_pending()
        try:
            return ctypes.string_at(pointer).decode()
        finally:
            self._lib.hotso_free(pointer)

    def add(self, a: int, b: int) -> int:
        result = self._lib.Add(a, b)
        self._check_pending()
        return result

    def greet_name(self, name: str, capacity: int = 32) -> tuple[str, bool]:
        """The greeting, and whether it was longer than capacity and had to be taken."""
        data = name.encode()
        out, length = ctypes.create_string_buffer(capacity), c_size_t()
        status = self._lib.GreetName(data, len(data), out, capacity, byref(length))
        if status & 0xFF == TOO_SMALL:
            return self._take(status, length.value), True
        self._check(status)
        return out.raw[: length.value].decode(), False

    def _check(self, status: int) -> None:
        if status != OK:
            raise GreeterError(self._take(status, 256))

    def _check_pending(self) -> None:
        """After a function that has no status to return: did it panic?"""
        if self._pending.value:
            self._check(self._lib.hotso_take_status())

    def _take(self, status: int, size: int) -> str:
        """The bytes kept for a status; size is how many are expected, more are taken too."""
        length = c_size_t(size)
        while True:
            capacity = length.value
            out = ctypes.create_string_buffer(capacity)
            kind = self._lib.hotso_take(status, out, capacity, byref(length)) & 0xFF
            if kind != TOO_SMALL:
                return out.raw[: length.value].decode(errors="replace")


def main(args: list[str]) -> int:
    if len(args) != 2:
        print("usage: greet.py LIBRARY", file=sys.stderr)
        return USAGE
    try:
        greeter = Greeter(args[1])
        who = f"{greeter.name} {greeter.version}" if greeter.name else "not sealed"
        print(f"library: {who}, ABI {greeter.abi}")
        greeter.start()
        print("Greet:", greeter.greet())
        print("Add: 40 + 2 =", greeter.add(40, 2))
        for name in "Ada", "Augusta Ada King, Countess of Lovelace", "":
            try:
                text, taken = greeter.greet_name(name)
            except GreeterError as err:
                print("GreetName: error:", err)
            else:
                print(f"GreetName: {text} ({len(text.encode())} bytes, taken)" if taken else f"GreetName: {text}")
        greeter.stop()
        print("stopped")
    except NotUsable as err:
        print(err, file=sys.stderr)
        return NOT_USABLE
    except GreeterError as err:
        print(err, file=sys.stderr)
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
