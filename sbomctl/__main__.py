"""``python -m sbomctl`` and the console script."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

_YOUNG = 300_000  # objects


def main() -> None:
    """Run the command line and exit with its code."""
    gc.set_threshold(_YOUNG)  # what a scan makes stays: looking at all of it again and again took 7 % of the time
    try:
        from sbomctl.cli.main import cli

        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as by nohup: the run goes on
                signal.signal(number, _ended)
        _open_what_is_closed()
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        sys.stderr = _messages(sys.stderr.encoding)
        cli.main(prog_name="sbomctl")
    except KeyboardInterrupt:  # before the first command could see it
        sys.exit(130)
    finally:
        gc.freeze()  # the process ends: nothing that is left need be looked at for garbage


def _ended(number: int, _frame: object) -> NoReturn:
    """End as by Ctrl-C: programs that were started are ended and unfinished files removed; a second signal waits not.

    The status is the one that a shell shows for a program ended by the signal.
    """
    from sbomctl.cli.errors import HUNG_UP, TERMINATED

    signal.signal(number, signal.SIG_DFL)
    sys.exit(HUNG_UP if number == signal.SIGHUP else TERMINATED)


def _open_what_is_closed() -> None:
    """Standard streams that are closed (``>&-``) fail when written to, as a full disk does; messages go nowhere.

    Without this a document could be written into whatever file is opened next.
    """
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")


class _MayBeLost(io.FileIO):
    """A file that takes what cannot be written too."""

    def write(self, data: Buffer) -> int:
        try:
            return super().write(data) or 0
        except OSError:
            return memoryview(data).nbytes


def _messages(encoding: str) -> io.TextIOWrapper:
    """Standard error for messages and progress: a terminal that is gone or a disk that is full is no reason to fail.

    A connection that is lost may end the command with SIGHUP or, under ``nohup``, must not.
    """
    raw = _MayBeLost(sys.stderr.fileno(), "w", closefd=False)
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, "backslashreplace", line_buffering=True)


if __name__ == "__main__":
    main()
