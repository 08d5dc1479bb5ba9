"""Run one function over many items in some processes: for work that holds the interpreter lock, as threads cannot."""

from __future__ import annotations

import gc
import mmap
import os
import pickle
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from typing import Any, BinaryIO, Generic, TypeVar, cast

import msgspec

T = TypeVar("T")
R = TypeVar("R")

LEAST = 200
"""Items for which starting processes pays."""

_MOST = 8  # processes
_BEGUN = 1


class Work(Generic[T, R]):
    """``[function(item) for item in items]``, begun by other processes while this one still does something else.

    ``function`` must be pure and its results such as can be pickled; ``weigh`` tells about how
    long an item takes. Processes are forked, so that they have what this one has read; not
    while other threads run, whose locks would stay locked, and not for few items. What a child
    does not deliver, for whatever reason, is done here: errors are those of the function itself.
    """

    def __init__(
        self, processes: int, function: Callable[[T], R], items: Sequence[T], weigh: Callable[[T], int]
    ) -> None:
        """Fork up to ``processes`` - 1 children; :meth:`end` must be called in every case."""
        self._function = function
        self._items = items
        self._children: list[_Child] = []
        self._parent = os.getpid()
        if processes < 2 or len(items) < LEAST or not hasattr(os, "fork") or threading.active_count() > 1:
            return
        weights = [weigh(item) for item in items]
        self._order = sorted(range(len(items)), key=lambda at: (-weights[at], at))
        # A byte for each item. Two may begin the same one at once: then it is done twice, and nothing is wrong.
        self._begun = mmap.mmap(-1, len(items))
        for _ in range(min(processes, _MOST) - 1):
            self._children.append(_forked(self._from_the_longest))

    def results(self) -> list[R]:
        """The results in the order of the items; what no child has begun is done here, the shortest first."""
        done = dict(self._left(reversed(self._order))) if self._children else {}
        for child in self._children:
            done.update(child.results())
        return [done[at] if at in done else self._function(item) for at, item in enumerate(self._items)]

    def end(self) -> None:
        """No longer wait for the children."""
        for child in self._children:
            child.end()

    def _from_the_longest(self) -> list[tuple[int, R]]:
        """What a child does, as long as there is somebody to do it for: a signal may have ended its parent alone."""
        return list(takewhile(lambda _: os.getppid() == self._parent, self._left(self._order)))

    def _left(self, order: Iterator[int] | Sequence[int]) -> Iterator[tuple[int, R]]:
        for at in order:
            if self._begun[at] != _BEGUN:
                self._begun[at] = _BEGUN
                yield at, self._function(self._items[at])


def run(processes: int, function: Callable[[T], R], items: Sequence[T], weigh: Callable[[T], int]) -> list[R]:
    """The results of :class:`Work` that is waited for at once."""
    work = Work(processes, function, items, weigh)
    try:
        return work.results()
    finally:
        work.end()


class _Child(msgspec.Struct):
    pid: int  # 0 = it could not be started, or is gone
    results_file: BinaryIO | None

    def results(self) -> Iterator[tuple[int, Any]]:
        """What it has to say, once it has ended well; nothing otherwise."""
        if not self.pid or not self.results_file:
            return
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        if status == 0 and self.results_file.seek(0, os.SEEK_END):
            self.results_file.seek(0)
            yield from pickle.load(self.results_file)  # noqa: S301 - written by our own process

    def end(self) -> None:
        """No longer wait for it."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0
        if self.results_file:
            self.results_file.close()


def _forked(function: Callable[[], object]) -> _Child:
    """A child that calls ``function``.

    The results go through a file. In a pipe they would have to be waited for, with all that the child has in
    memory: ever more pages of it are its own, for this process changes the counts of references in them.
    """
    results: BinaryIO | None = None
    try:
        results = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 - closed by ``end``
        pid = os.fork()
    except OSError:  # no room, too many processes: not a reason to fail
        return _Child(0, results)
    if pid:
        return _Child(pid, results)
    status = 1
    try:
        gc.disable()  # looking at everything would copy every page of it
        pickle.dump(function(), results, pickle.HIGHEST_PROTOCOL)
        results.flush()
        status = 0
    finally:
        os._exit(status)  # nothing of what the parent has begun may be finished here too
