"""Terms that are no known license but read like a contract: what they call by name is mostly not what they grant.

An agreement of a page or more names licenses to define words, to exclude some and to say what parts may
bring with them. Such a text is unknown as a whole, which says more than the names in it.
"""

from __future__ import annotations

from collections.abc import Sequence

_WORDS = frozenset(
    str.split(
        "licensor licensors licensee licensees agreement hereunder thereof herein hereby terminate termination "
        "sublicense sublicenses jurisdiction indemnify royalty"
    )
)  # of contracts, hardly found in notices
_LEAST = 7  # of them
_SHARE = 6  # of a thousand words


def is_contract(stream: Sequence[str]) -> bool:
    """Whether the words are those of an agreement rather than of notices about files."""
    count = sum(map(_WORDS.__contains__, stream))
    return count >= _LEAST and 1000 * count > _SHARE * len(stream)
