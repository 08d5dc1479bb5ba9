"""The standard text of each license and exception of the SPDX list, for reports that must reproduce it."""

from __future__ import annotations

from functools import lru_cache


def text_of(identifier: str) -> str:
    """The standard text of a license or exception of the list; "" if there is none.

    An id with a plus sign gives the text of its version. References and deprecated ids have no text.
    """
    return _texts().get(identifier.lower().removesuffix("+"), "")


@lru_cache(maxsize=1)
def _texts() -> dict[str, str]:
    """Lower-case id -> text; read when first asked, for it is megabytes."""
    from sbomctl.licenses.text.source import listed_texts

    return {identifier.lower(): known.text for known in listed_texts() for identifier in known.ids}
