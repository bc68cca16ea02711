"""Hot code: Go libraries that are swapped, unloaded and survived inside a running Python process.

>>> import hotso
>>> with hotso.Slot("greeter") as slot:
...     slot.swap("build/libgreeter.v1.so")
...     greet = slot.function("GreetName")
...     greet("Ada")
...     slot.swap("build/libgreeter.v2.so")
...     greet("Ada")

A swap loses no call, a crash inside a library raises Crashed for the calls that were inside and leaves the process
alone, and what is replaced is taken out of the process. Needs Linux with glibc, amd64 or arm64.

libhotso is opened at the first use. Signal handlers: see signals, and docs/other-languages.md. A process that forks does so before
it uses hotso, or starts its children by spawn.
"""

from . import _native
from .callback import Lent, lend
from .errors import (
    ArgumentError,
    Busy,
    CallFailed,
    CanaryError,
    Closed,
    Crashed,
    CrashLoop,
    Empty,
    Error,
    Forked,
    Hung,
    Left,
    LoadFailed,
    NotFound,
    Panicked,
    Paused,
    Refused,
    SecondCopy,
    StateError,
    Timeout,
    TooManyCalls,
    Unhealthy,
    Unsupported,
)
from .function import Function, raise_pending
from .settings import Settings
from .signals import signals
from .slot import Slot
from .stream import Stream
from .target import Library, inspect
from .watch import Watch

__all__ = [
    "ArgumentError",
    "Busy",
    "CallFailed",
    "CanaryError",
    "Closed",
    "CrashLoop",
    "Crashed",
    "Empty",
    "Error",
    "Forked",
    "Function",
    "Hung",
    "Left",
    "Lent",
    "Library",
    "LoadFailed",
    "NotFound",
    "Panicked",
    "Paused",
    "Refused",
    "SecondCopy",
    "Settings",
    "Slot",
    "StateError",
    "Stream",
    "Timeout",
    "TooManyCalls",
    "Unhealthy",
    "Unsupported",
    "Watch",
    "inspect",
    "lend",
    "raise_pending",
    "signals",
    "version",
]


def version() -> str:
    """The version of libhotso."""
    return str(_native.library().hotsoh_version().decode())
