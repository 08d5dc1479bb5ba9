"""A progress bar, only where a person looks on."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sbomctl.terminal import printable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


_STEP = 4 << 20  # bytes; telling the bar of every file would cost more than reading it
_PAUSE = 0.1  # seconds between two pictures


class Bar:
    """What ``api.scan`` reports to: bytes of stored layers, one bar per ``start``.

    It is drawn by those who report. A thread for it would keep the scan from using several processes.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._drawn = 0.0
        self._task: TaskID | None = None
        self._pending = 0

    def start(self, label: str, total: int) -> None:
        """A bar that is full at ``total`` bytes; 0 = unknown."""
        self.finish()
        self._task = self._progress.add_task(printable(label), total=total or None)
        self._progress.refresh()

    def advance(self, amount: int) -> None:
        """``amount`` more bytes are done."""
        self._pending += amount
        if self._task is not None and self._pending >= _STEP:
            amount, self._pending = self._pending, 0
            self._progress.advance(self._task, amount)
            now = time.monotonic()
            if now - self._drawn >= _PAUSE:
                self._drawn = now
                self._progress.refresh()

    def finish(self) -> None:
        """The bar goes away."""
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._progress.refresh()
            self._task = None


def wanted(*, quiet: bool) -> bool:
    """Whether standard error is a terminal with a person before it."""
    return not quiet and sys.stderr.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"


@contextmanager
def shown(*, quiet: bool) -> Iterator[Bar | None]:
    """A bar on standard error that is gone at the end of the block; None where nobody looks on."""
    if not wanted(quiet=quiet):
        yield None
        return
    from rich.console import Console
    from rich.filesize import decimal
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
    from rich.text import Text

    class Counted(ProgressColumn):
        """Bytes and their speed, as far as there are any and it is known how many: not every step counts them."""

        def render(self, task: Task) -> Text:
            done = decimal(int(task.completed)) if task.completed else ""
            whole = f"/{decimal(int(task.total))}" if done and task.total else ""
            speed = f" {decimal(int(task.speed))}/s" if done and task.speed else ""
            return Text(done + whole + speed, style="progress.download")

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), Counted())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as progress:
        yield Bar(progress)
