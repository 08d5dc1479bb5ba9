"""Run one function over many items in some processes: for work that holds the interpreter lock, as threads cannot."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

LEAST = 200
"""Items for which starting processes pays."""

_MOST = 8  # processes


def run(processes: int, function: Callable[[T], R], items: Sequence[T], weigh: Callable[[T], int]) -> list[R]:
    """``[function(item) for item in items]``, in up to ``processes`` processes when there are many items.

    ``function`` must be pure and its results such as can be pickled; ``weigh`` tells about how
    long an item takes. Processes are forked, so that they have what this one has read; not
    while other threads run, whose locks would stay locked. What a child does not deliver,
    for whatever reason, is done here: errors are those of the function itself.
    """
    if processes < 2 or len(items) < LEAST or not hasattr(os, "fork") or threading.active_count() > 1:
        return [function(item) for item in items]
    own, *shares = _shares(min(processes, _MOST), [weigh(item) for item in items])
    children: list[_Child] = []
    results: dict[int, R] = {}
    try:
        children += (_forked(lambda at: function(items[at]), share) for share in shares)
        results.update((at, function(items[at])) for at in own)
        for child in children:
            results.update(child.results())
    finally:
        for child in children:
            child.end()
    return [results[at] if at in results else function(item) for at, item in enumerate(items)]


def _shares(count: int, weights: Sequence[int]) -> list[list[int]]:
    """The places of the items, dealt out so that the shares weigh about the same."""
    shares: list[list[int]] = [[] for _ in range(count)]
    totals = [0] * count
    for at in sorted(range(len(weights)), key=lambda at: (-weights[at], at)):
        least = totals.index(min(totals))
        shares[least].append(at)
        totals[least] += weights[at]
    return shares


@dataclass(slots=True)
class _Child:
    pid: int  # 0 = it could not be started, or is gone
    pipe: int

    def results(self) -> Iterator[tuple[int, Any]]:
        """What it has to say, once it has ended well; nothing otherwise."""
        if not self.pid:
            return
        with os.fdopen(os.dup(self.pipe), "rb") as stream:
            data = stream.read()
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        if data and status == 0:
            yield from pickle.loads(data)  # noqa: S301 - written by our own process

    def end(self) -> None:
        """No longer wait for it."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if self.pipe >= 0:
            os.close(self.pipe)


def _forked(function: Callable[[int], object], share: Sequence[int]) -> _Child:
    ours, theirs = os.pipe()
    try:
        pid = os.fork()
    except OSError:  # too many processes: not a reason to fail
        os.close(ours)
        os.close(theirs)
        return _Child(0, -1)
    if pid:
        os.close(theirs)
        return _Child(pid, ours)
    status = 1
    try:
        gc.disable()  # looking at everything would copy every page of it
        os.close(ours)
        with os.fdopen(theirs, "wb") as stream:
            pickle.dump([(at, function(at)) for at in share], stream)
        status = 0
    finally:
        os._exit(status)  # nothing of what the parent has begun may be finished here too
