"""Prepared functions."""

import asyncio
import ctypes
import functools
import operator
import struct
import sys
import threading
from typing import TYPE_CHECKING, Any, Callable, Optional

from . import _native, _words
from .errors import ArgumentError, check
from .signature import Signature, parse


class Function:
    """A function of a library or slot, looked up once. Call it like a Python function; from any thread.

    >>> greet = slot.function("GreetName", "func(string) (string, error)")
    >>> greet("Ada")
    'Hello, Ada!'

    Parameters and results are int, float, bool, str (string), bytes ([]byte), array.array (other slices; any
    iterable of numbers as an argument), and ctypes.Structure (structs; a sequence or mapping of the fields' values
    as an argument). A parameter that takes a function is a uint64: pass what lend returned. A limit of time, or a key
    for a canary, is what Target.call takes.

    In a loop that is hot, take what saves Python's way to this object, or more:

    >>> add = slot.function("Add", "func(int32, int32) int32")
    >>> add.call(40, 2)  # the same, as a plain function
    42
    >>> add.unchecked(40, 2)  # as ctypes calls C: see there
    42
    >>> hotso.raise_pending()
    """

    call: "Callable[..., Any]"

    def __init__(self, target: int, name: str, signature: Optional[str]) -> None:
        lib = _native.library()
        handle, error = ctypes.c_uint64(), ctypes.POINTER(_native.CError)()
        wanted = signature.encode() if signature is not None else None
        check(lib.hotsoh_prepare(target, name.encode(), wanted, ctypes.byref(handle), ctypes.byref(error)), error)
        self.name = name
        self.handle = handle.value
        text = ctypes.c_void_p()
        check(lib.hotsoh_signature(self.handle, ctypes.byref(text), ctypes.byref(error)), error)
        self.signature = parse(_native.take_text(text) or "")
        safe = _caller(name, self.handle, self.signature)
        self._pointer = _pointer(self.handle, self.signature)
        self.call, self._leave_pointer = _fast(self._pointer, self.signature, safe) if self._pointer else (safe, None)

    if TYPE_CHECKING:

        def __call__(self, *args: Any) -> Any: ...

    else:
        # Without a method in between, which would cost half as much as the call.
        __call__ = property(operator.attrgetter("call"))

    @property
    def unchecked(self) -> "Callable[..., Any]":
        """The function as ctypes calls one of C. Nobody looks whether integers are in range, and an error waits for
        raise_pending, on the same thread; the result is 0 then. It takes and returns numbers only, and where there is
        none (other types, other processors than amd64) it is an ArgumentError. It must not be called after release.
        """
        if self._pointer is None:
            raise ArgumentError(f"hotso: {self.name} can't be called unchecked: {self.signature.text}; call it as it is", 32)
        return self._pointer

    async def call_async(self, *args: Any) -> Any:
        """Calls it on a thread of the event loop's executor."""
        return await asyncio.get_running_loop().run_in_executor(None, lambda: self(*args))

    def release(self) -> None:
        """Gives the handle back; it is also done when the object is collected."""
        handle, self.handle = self.handle, 0
        if handle:
            self._pointer = None  # it may become that of another function
            if self._leave_pointer:
                self._leave_pointer()
            _native.library().hotsoh_release(handle, None)

    def __del__(self) -> None:
        # While Python ends, a call of C that lets go of the GIL may end its thread, and the process stays for ever.
        if getattr(self, "handle", 0) and not sys.is_finalizing():
            self.release()

    def __repr__(self) -> str:
        return f"<hotso.Function {self.name}: {self.signature.text}>"


class _Room:
    """What a thread needs for a call: room for the result and the error. A call in a callback of another one is
    over before that one writes there."""

    def __init__(self, signature: Signature) -> None:
        self.result = _words.Result(signature.result)
        self.error: Any = ctypes.POINTER(_native.CError)()

    def fail(self, status: int) -> None:
        """Raises what the call has left, and makes room for the next error."""
        taken = ctypes.cast(self.error, ctypes.POINTER(_native.CError))
        ctypes.memset(ctypes.addressof(self.error), 0, ctypes.sizeof(self.error))
        check(status, taken)


def _caller(name: str, handle: int, signature: Signature) -> "Callable[..., Any]":
    """The function that makes the calls. All that is the same each time is made here, once or once per thread."""
    # An object of its own, without argtypes: they would convert again what has the right types already.
    invoke = _native.library()["hotsoh_invoke"]
    invoke.restype = ctypes.c_int32
    function = ctypes.c_uint64(handle)
    puts = [_words.put(t) for t in signature.parameters]
    local = threading.local()

    def room() -> Any:
        r = _Room(signature)
        local.room = r.result.words, ctypes.byref(r.error), r.result.ready, r.result.take, r.fail
        return local.room

    def flatten(args: "tuple[Any, ...]", keep: "list[Any]") -> Any:
        if len(args) != len(puts):
            raise ArgumentError(f"hotso: {name} takes {len(puts)} arguments, not {len(args)}", 32)
        words: "list[Any]" = []
        for put, value in zip(puts, args):
            put(getattr(value, "word", value), words, keep)
        return (ctypes.c_char_p * len(words))(*words)

    def call(*args: Any) -> Any:
        try:
            result, error, ready, take, fail = local.room
        except AttributeError:
            result, error, ready, take, fail = room()
        keep: "list[Any]" = []
        words = flatten(args, keep)
        ready()
        if status := invoke(function, words, ctypes.c_uint32(len(words)), result, error):
            fail(status)
        return take()

    return call


def _fast(
    pointer: "Callable[..., Any]", signature: Signature, safe: "Callable[..., Any]"
) -> "tuple[Callable[..., Any], Callable[[], None]]":
    """The same for numbers, by a pointer that is good until the function is released, and what then leaves it."""
    pack, pending = _words.packer(signature), _pending()

    def call(*args: Any) -> Any:
        try:
            pack(*args)  # checks ranges, which ctypes does not
        except (struct.error, TypeError):
            return safe(*args)  # which says what is wrong, or takes what was lent
        value = pointer(*args)
        if pending.value:
            raise_pending()
        return value

    def leave() -> None:
        nonlocal pointer
        pointer = safe

    return call, leave


def raise_pending() -> None:
    """Raises the error that an unchecked call on this thread has left, if there is one, and forgets it."""
    error = ctypes.POINTER(_native.CError)()
    check(_native.library().hotsoh_take_error(ctypes.byref(error)), error)


def _pointer(handle: int, signature: Signature) -> "Optional[Callable[..., Any]]":
    """The prepared function as a C function with the library's own prototype; None where there is none."""
    if not all(t.number for t in signature.parameters) or signature.result is not None and not signature.result.number:
        return None
    address, error = ctypes.c_void_p(), ctypes.POINTER(_native.CError)()
    lib = _native.library()
    if lib.hotsoh_pointer(handle, ctypes.byref(address), ctypes.byref(error)):
        lib.hotsoh_free(error)
        return None
    result = signature.result.ctype if signature.result else None
    prototype = ctypes.CFUNCTYPE(result, *(t.ctype for t in signature.parameters))
    return prototype(address.value)


@functools.lru_cache(maxsize=None)
def _pending() -> Any:
    """How many threads have an error of such a function waiting."""
    return ctypes.c_uint32.from_address(_native.library().hotsoh_pending())
