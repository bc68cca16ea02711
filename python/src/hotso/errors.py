"""Errors. Each status of hotso.h that a program may want to handle has a class."""

import json
from typing import Any, Optional

from . import _native

_OK, _TIMEOUT, END = 0, 101, 102


class Error(Exception):
    """Base of all errors of hotso. Its text says what, where, why, and what to do.

    status: the number, one of hotso.h's HOTSOH_*
    name: its name there, in lower case without the prefix: "crash_loop"
    details: what else is known, as hotsoh_error.json documents it: file, library, version, step,
        function, message, crash, ...
    """

    status: int = 0

    def __init__(self, text: str, status: int = 0, details: Optional["dict[str, Any]"] = None) -> None:
        super().__init__(text)
        self.status = status or self.status
        self.details = details or {}

    @property
    def name(self) -> str:
        return _native.library().hotsoh_status_name(self.status).decode()


class NotFound(Error):
    """There is no such file, or it can't be read."""


class Refused(Error):
    """The file was judged before any of its code ran, and is not loaded; name and text say why."""


class LoadFailed(Error):
    """The library can't be loaded or started now; the text says why."""


class Unhealthy(Error):
    """A health hook says so."""


class Busy(Error):
    """Something else has to end first; or calls are still inside, and the version stays until they return."""


class Left(Error):
    """The library has ended, and something of it is left in the process; the report says what."""


class Closed(Error):
    """The library, slot or stream was closed."""


class Empty(Error):
    """The slot has no version yet."""


class Unsupported(Error):
    """This platform or library can't do that."""


class CallFailed(Error):
    """The function returned an error. `message` is what it said."""

    @property
    def message(self) -> str:
        return self.details.get("message", str(self))


class Panicked(CallFailed):
    """The function panicked; the library lives on. `message` has the stack."""


class ArgumentError(Error, ValueError):
    """An argument is not acceptable."""


class Hung(Error, TimeoutError):
    """The call did not return in time, and may still be inside."""


class TooManyCalls(Error):
    """As many calls are inside as may be; this one was not begun."""


class Crashed(Error):
    """The library's runtime has ended, and with it this call. The process goes on."""


class CrashLoop(Crashed):
    """The version crashed too often, and is not loaded again until Slot.forgive."""


class StateError(Error):
    """The state could not be handed over; the old version goes on with it."""


class Paused(Error):
    """One version took over from another for too long; the call was not begun."""


class CanaryError(Error):
    """There is a canary where none may be, or none where one is wanted."""


class Timeout(Error, TimeoutError):
    """The time that was given is over."""


class Forked(Error):
    """This process was forked after libhotso was loaded. Load it in the child, or use spawn."""


class SecondCopy(Error):
    """Another copy of libhotso is in this process."""


_CLASSES = {
    1: NotFound,
    **{status: Refused for status in range(2, 20)},
    **{status: LoadFailed for status in (20, 21, 23, 37)},
    22: Unhealthy,
    24: Busy,
    25: Left,
    26: Closed,
    27: Empty,
    28: Unsupported,
    30: CallFailed,
    31: Panicked,
    32: ArgumentError,
    33: Hung,
    34: TooManyCalls,
    35: Crashed,
    36: CrashLoop,
    40: StateError,
    42: Paused,
    **{status: CanaryError for status in (43, 45, 46)},
    100: Closed,
    101: Timeout,
    103: Forked,
    104: SecondCopy,
    105: MemoryError,
}


def check(status: int, error: Any) -> int:
    """Raises the error of a status, and frees what hotso.h gave; returns _OK, _TIMEOUT or END otherwise.

    error: a POINTER(CError), as the last argument of the call filled it.
    """
    if status == _OK:
        return status
    if not error:
        if status in (_TIMEOUT, END):
            return status
        raise _new(status, f"hotso: status {status}", {})
    text, details = error.contents.text.decode(), json.loads(error.contents.json)
    _native.library().hotsoh_free(error)
    raise _new(status, text, details)


def _new(status: int, text: str, details: "dict[str, Any]") -> Exception:
    kind = _CLASSES.get(status, Error)
    return kind(text, status, details) if issubclass(kind, Error) else kind(text)
