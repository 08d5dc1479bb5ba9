"""``python -m sbomctl`` and the console script."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import NoReturn

_YOUNG = 300_000  # objects


def main() -> None:
    """Run the command line and exit with its code."""
    gc.set_threshold(_YOUNG)  # what a scan makes stays: looking at all of it again and again took 7 % of the time
    try:
        from sbomctl.cli.main import cli

        signal.signal(signal.SIGTERM, _ended)
        _open_what_is_closed()
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        cli.main(prog_name="sbomctl")
    except KeyboardInterrupt:  # before the first command could see it
        sys.exit(130)
    finally:
        gc.freeze()  # the process ends: nothing that is left need be looked at for garbage


def _ended(number: int, _frame: object) -> NoReturn:
    """End as by Ctrl-C: programs that were started are ended and unfinished files removed; a second signal waits not.

    The status is the one that a shell shows for a program ended by the signal.
    """
    from sbomctl.cli.errors import TERMINATED

    signal.signal(number, signal.SIG_DFL)
    sys.exit(TERMINATED)


def _open_what_is_closed() -> None:
    """Standard streams that are closed (``>&-``) fail when written to, as a full disk does; messages go nowhere.

    Without this a document could be written into whatever file is opened next.
    """
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")


if __name__ == "__main__":
    main()
