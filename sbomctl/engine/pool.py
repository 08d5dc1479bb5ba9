"""Run one function over many items on some threads; results in the order of the items."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(jobs: int, function: Callable[[T], R], items: Sequence[T], cancel: Callable[[], None]) -> list[R]:
    """``[function(item) for item in items]``, on ``jobs`` threads when more than one.

    The first error is raised once ``cancel`` has told the others to stop; so is Ctrl-C.
    Why threads: decompression and hashing, nearly all the work, release the interpreter lock.
    """
    if jobs == 1 or len(items) < 2:
        return [function(item) for item in items]
    with ThreadPoolExecutor(max_workers=min(jobs, len(items))) as pool:
        try:
            futures = [pool.submit(function, item) for item in items]
            wait(futures, return_when=FIRST_EXCEPTION)
            failed = [f for f in futures if f.done() and not f.cancelled() and f.exception() is not None]
            if failed:
                cancel()
                pool.shutdown(cancel_futures=True)
                return [failed[0].result()]
            return [future.result() for future in futures]
        except BaseException:
            cancel()
            pool.shutdown(cancel_futures=True)
            raise
