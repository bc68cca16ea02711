"""A Python host of a library of the contract greeting.Greeter, through the bytes of docs/wire.md.

    python3 examples/contract/python/hello.py build/libhello.v1.so Ada Grace

Exit code: 0 all went well, 1 a call failed, 2 wrong arguments.
"""

import ctypes
import datetime
import struct
import sys
from ctypes import POINTER, byref, c_char, c_char_p, c_int32, c_int64, c_size_t, c_uint64
from typing import Iterator

OK, TOO_SMALL, ERROR, END = 0, 1, 2, 8  # kinds of a status
TIMEOUT = 10 * 10**9  # nanoseconds
HEADER = struct.pack("<qI", 0, 0)  # of a call: no deadline, no values of a context
TREE = bytes.fromhex("00006572726f7201")  # a message ends so if the error's tree is in it
UTC = -(2**31)  # the offset of a time in UTC


def fnv(name: str) -> int:
    h = 2166136261
    for b in name.encode():
        h = (h ^ b) * 16777619 & 0xFFFFFFFF
    return h


def tag(name: str, width: int = 5) -> int:
    """Of a field: 5 for a value that begins with its length, 4 for one of 16 bytes."""
    return fnv(name) & ~7 | width


def sized(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def string(text: str) -> bytes:
    return sized(text.encode())


def person(name: str, titles: list[str]) -> bytes:
    """A greeting.Person. What is left out is zero."""
    listed = sized(struct.pack("<I", len(titles)) + b"".join(map(string, titles)))
    return sized(struct.pack("<I", tag("Name")) + string(name) + struct.pack("<I", tag("Titles")) + listed)


class Reader:
    """Reads values one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def number(self, form: str) -> int:
        size = struct.calcsize("<" + form)
        value, self.data = struct.unpack("<" + form, self.data[:size])[0], self.data[size:]
        return value

    def sized(self) -> bytes:
        size = self.number("I")
        value, self.data = self.data[:size], self.data[size:]
        return value

    def fields(self) -> dict[int, bytes]:
        """The values of a struct by their tags, also those that this program does not know."""
        inside, values = Reader(self.sized()), {}
        while inside.data:
            of = inside.number("I")
            width = of & 7
            values[of] = inside.sized() if width == 5 else bytes(inside.number("B") for _ in range(1 << width))
        return values


def greeting(data: bytes) -> tuple[str, datetime.datetime]:
    """The text of a greeting.Greeting, and when it was said."""
    fields = Reader(data).fields()
    seconds, nanoseconds, east = struct.unpack("<qIi", fields[tag("At", 4)])
    at = datetime.datetime.fromtimestamp(seconds, datetime.timezone(datetime.timedelta(seconds=0 if east == UTC else east)))
    return fields[tag("Text")].decode(), at


class Failed(Exception):
    """A call failed: its text, and the hashes of the names of what it is or wraps."""

    def __init__(self, message: bytes) -> None:
        self.names: set[int] = set()
        if message.endswith(TREE):
            size = struct.unpack("<I", message[-12:-8])[0]
            self._add(message[-12 - size : -12])
            message = message[: -12 - size]
        super().__init__(message.decode())

    def _add(self, tree: bytes) -> None:
        node = Reader(Reader(tree).sized())
        kind = node.number("B")
        if kind:
            self.names.add(node.number("I"))
        if kind == 2:
            node.sized()
        node.sized()  # the text
        wrapped = Reader(node.sized())
        if wrapped.data:
            for _ in range(wrapped.number("I")):
                self._add(sized(wrapped.sized()))

    def is_(self, name: str) -> bool:
        return fnv(name) in self.names


class Greeter:
    """A loaded library. Its methods may be called from any thread."""

    def __init__(self, path: str) -> None:
        self._lib = ctypes.CDLL(path)
        out = [POINTER(c_char), c_size_t, POINTER(c_size_t)]
        self._lib.hotso_take.argtypes = [c_int32, *out]
        self._lib.Greeter_Greet.argtypes = [c_char_p, c_size_t, *out]
        self._lib.Greeter_History.argtypes = [c_char_p, c_size_t, POINTER(c_uint64)]
        self._lib.hotso_stream_read.argtypes = [c_uint64, *out]
        for hook in self._lib.hotso_start, self._lib.hotso_stop:
            hook.argtypes = [c_int64]
        self._received(self._lib.hotso_start(TIMEOUT), b"", 256)

    def greet(self, name: str, *titles: str) -> tuple[str, datetime.datetime]:
        args = HEADER + person(name, list(titles))
        return greeting(self._call(self._lib.Greeter_Greet, args, len(args)))

    def history(self) -> Iterator[tuple[str, datetime.datetime]]:
        stream = c_uint64()
        self._received(self._lib.Greeter_History(HEADER, len(HEADER), byref(stream)), b"", 256)
        while True:
            piece = self._call(self._lib.hotso_stream_read, stream)
            if piece is None:
                return
            yield greeting(piece)

    def stop(self) -> None:
        self._received(self._lib.hotso_stop(TIMEOUT), b"", 256)

    def _call(self, function, *args):
        out, length = ctypes.create_string_buffer(64), c_size_t()
        status = function(*args, out, len(out), byref(length))
        return self._received(status, out.raw[: length.value], length.value)

    def _received(self, status: int, data: bytes, size: int):
        """What a call returned; None at the end of a stream. size is how long what is kept may be."""
        kind = status & 0xFF
        if kind in (OK, END):
            return data if kind == OK else None
        length = c_size_t(max(size, 256))
        taken = TOO_SMALL
        while taken == TOO_SMALL:
            out = ctypes.create_string_buffer(length.value)
            taken = self._lib.hotso_take(status, out, len(out), byref(length)) & 0xFF
        if kind == TOO_SMALL:
            return out.raw[: length.value]
        raise Failed(out.raw[: length.value])


def main(args: list[str]) -> int:
    if len(args) < 2:
        print("usage: hello.py LIBRARY NAME...", file=sys.stderr)
        return 2
    greeter = Greeter(args[1])
    status = 0
    for name in args[2:]:
        try:
            text, _ = greeter.greet(name, "Countess of Lovelace")
            print(text)
        except Failed as err:
            if err.is_("ErrNoName"):
                print("Who is there?")
            elif err.is_("TooMany"):
                print("Not again:", err)
            else:
                print(err, file=sys.stderr)
                status = 1
    times = [at for _, at in greeter.history()]
    print(len(times), "greetings,", "in order" if times == sorted(times) else "out of order")
    greeter.stop()
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv))
