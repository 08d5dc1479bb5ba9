"""The time that documents carry."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from sbomctl.errors import ConfigError

_LAST = 253_402_300_799  # 9999-12-31T23:59:59Z, the last second that RFC 3339 can write


def created() -> datetime:
    """``SOURCE_DATE_EPOCH`` where set (reproducible-builds.org), else now; in UTC, whole seconds.

    Raises ``ConfigError`` when the variable is no second of the calendar.
    """
    text = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not text:
        return datetime.now(UTC).replace(microsecond=0)
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and int(text) <= _LAST):
        raise ConfigError(
            f"SOURCE_DATE_EPOCH is {text[:40]!r}, not a number of seconds since 1970",
            "export SOURCE_DATE_EPOCH=$(git log -1 --format=%ct), or unset it",
        )
    return datetime.fromtimestamp(int(text), UTC)
