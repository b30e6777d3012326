"""What goes wrong. str(error) is one sentence: what, where, and the cure."""

from __future__ import annotations


class Error(Exception):
    """The base of everything that pmtune raises.

    code: stable text such as "not_found", for programs. detail: what only an engineer wants, often empty.
    """

    code: str = "internal"

    def __init__(self, message: str = "", code: str | None = None, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.detail = detail

    def __str__(self) -> str:
        # OSError would put errno and file name around the sentence.
        return self.message


class InvalidArgument(Error, ValueError):
    """A value is wrong: an option out of range, data that cannot be learned from."""

    code = "invalid_argument"


class NotFound(Error, FileNotFoundError):
    """No such file, model, version or alias."""

    code = "not_found"


class Corrupt(Error):
    """A file is not what it claims to be."""

    code = "corrupt"


class IoError(Error, OSError):
    """The operating system refused: permission, full disk."""

    code = "io"


class OutOfMemory(Error, MemoryError):
    """It does not fit; the sentence says what would."""

    code = "out_of_memory"


class Unsupported(Error, NotImplementedError):
    """Well formed, but this build cannot do it (docs/status.md lists what is to come)."""

    code = "unsupported"


class Busy(Error):
    """The object is in use on another thread."""

    code = "busy"


class Cancelled(Error):
    """cancel() was called, or a callback asked to stop before anything was gained."""

    code = "cancelled"


_BY_CODE = {
    kind.code: kind
    for kind in (InvalidArgument, NotFound, Corrupt, IoError, OutOfMemory, Unsupported, Busy, Cancelled)
}


def make(code: str, message: str, detail: str = "") -> Error:
    """The exception for a code of the C++ library."""
    return _BY_CODE.get(code, Error)(message, code, detail)


for _kind in (Error, *_BY_CODE.values()):
    _kind.__module__ = "pmtune"  # where users import it from, and what a pickle names
