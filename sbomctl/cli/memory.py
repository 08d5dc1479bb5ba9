"""How a process that reads layers deals with memory."""

from __future__ import annotations

_TOP_PAD = -2  # M_TOP_PAD of malloc.h
_KEPT = 32 << 20  # bytes


def keep_freed_memory() -> None:
    """Have glibc keep up to 32 MiB of what is freed instead of giving it back (mallopt(3)).

    Layers pass through memory in blocks of a mebibyte. Given back and asked for again, every
    page of each is cleared by the kernel first: 7 % of the time of a scan. Other C libraries
    have no such setting, and nothing happens.
    """
    try:
        import ctypes

        ctypes.CDLL(None).mallopt(_TOP_PAD, _KEPT)
    except (ImportError, OSError, AttributeError):
        pass
