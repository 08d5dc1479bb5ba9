"""Every error that ends a command, each with its exit code and what to do about it.

* ``SbomctlError`` 70 (a bug if raised as such)

  * ``ConfigError`` 2: product file, policy, options; carries all faults at once
  * ``InputError`` 3: an input cannot be read

    * ``UnsupportedInput`` 3: nothing here reads it
    * ``CorruptInput`` 3: truncated, malformed, over a bound
    * ``DigestMismatch`` 3: content differs from what the manifest promises

  * ``OutputError`` 3: a file cannot be written
  * ``IncompleteScan`` 4: problems were recorded and the caller asked for completeness
  * ``ToolError`` 5

    * ``ToolMissing`` 5, ``ToolFailed`` 5, ``ToolTimeout`` 5

What could be read around (one broken record, one unknown license) is no error but a
``model.Problem``: the scan goes on and its result says that it is incomplete.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple


class SbomctlError(Exception):
    """A command cannot do its work; ``hint`` says what to do about it."""

    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Fault(NamedTuple):
    """One thing wrong in a file the user wrote; ``line`` and ``column`` are 1-based, 0 = unknown."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return f"{place}: {self.message}" if place else self.message


class ConfigError(SbomctlError):
    """The user's configuration or usage is wrong; ``faults`` lists everything found."""

    exit_code = 2

    def __init__(self, message: str, hint: str = "", faults: Sequence[Fault] = ()) -> None:
        super().__init__(message, hint)
        self.faults = tuple(faults)


class InputError(SbomctlError):
    """An input cannot be read."""

    exit_code = 3


class UnsupportedInput(InputError):
    """No source or reader accepts this input."""


class CorruptInput(InputError):
    """An input is truncated, malformed or larger than its bound."""


class DigestMismatch(InputError):
    """Content differs from the digest its manifest promises: damage or tampering."""


class OutputError(SbomctlError):
    """An output file cannot be written."""

    exit_code = 3


class IncompleteScan(SbomctlError):
    """Something could not be read and the caller asked for completeness."""

    exit_code = 4


class ToolError(SbomctlError):
    """An external program, a container engine or a registry did not do its work."""

    exit_code = 5


class ToolMissing(ToolError):
    """An external program is not installed; the hint names the package."""


class ToolFailed(ToolError):
    """An external program ended with an error; the message carries the tail of its stderr."""


class ToolTimeout(ToolError):
    """An external program did not end in time."""
