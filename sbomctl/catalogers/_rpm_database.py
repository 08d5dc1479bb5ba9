"""What the readers of the three binary database forms hand over."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

_SHOWN = 10


class Contents(msgspec.Struct, frozen=True):
    """The header blobs of a database in stored order, and what of it could not be read."""

    headers: tuple[bytes, ...] = ()
    faults: tuple[str, ...] = ()


def summary(faults: Sequence[str], noun: str, verdict: str = "unreadable") -> tuple[str, ...]:
    """Many faults of one kind as one line: how many, and the first few; () when there are none."""
    if not faults:
        return ()
    plural = "s" if len(faults) > 1 else ""
    more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
    return (f"{len(faults)} {verdict} {noun}{plural}: {'; '.join(faults[:_SHOWN])}{more}",)
