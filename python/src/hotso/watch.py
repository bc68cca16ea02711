"""A directory that is being watched."""

from typing import Any

from . import _native


class Watch:
    """Ends when it is released, at the end of a with statement, or with its slot."""

    def __init__(self, handle: int) -> None:
        self.handle = handle

    def release(self) -> None:
        """Ends it; a swap that is under way goes on."""
        handle, self.handle = self.handle, 0
        if handle:
            _native.library().hotsoh_release(handle, None)

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: Any) -> None:
        self.release()
