"""A place that looks like a known text, how much, and which of several alike texts it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sbomctl.licenses.text.index import Index

_LIKE = 0.82  # likeness from which a text is held to be the known one
PLAIN = frozenset(
    ["MIT", "BSD-2-Clause", "BSD-3-Clause", "BSD-4-Clause", "ISC", "Apache-1.1", "X11", "HPND", "HPND-sell-variant", "Zlib", "NTP"]
)  # what many other texts of the list are variants of
_OWN = 0.7  # share of a variant's own words that must be there
_MARGIN = 0.07  # of likeness within which the plain text is preferred to a variant that did not earn its name
_FREE = frozenset(
    "all rights reserved copyright copyrights holder holders author authors contributor contributors name names "
    "organization company inc the his its their year yyyy software program".split(" ")
)


@dataclass(frozen=True, slots=True)
class Found:
    """A text and the words of a file that look like it."""

    which: int  # in the index
    start: int  # index of the first word
    end: int  # after the last one
    length: int  # words of the text itself
    missing: tuple[str, ...]  # words of the text that the file lacks
    extra: tuple[str, ...]  # words of the file that the text lacks
    holes: tuple[tuple[int, int], ...] = ()  # insertions, as positions in the file

    @property
    def coverage(self) -> float:
        """Share of the text that is there."""
        return 1 - len(self.missing) / self.length

    @property
    def score(self) -> float:
        """How well the text explains the place: words in common, less what differs."""
        lacking = sum(0.3 if word in _FREE else 1.5 for word in self.missing)
        added = sum(0.2 if word in _FREE else 1.0 for word in self.extra)
        inserted = sum(5 + 0.1 * (end - start) for start, end in self.holes)
        return self.length - len(self.missing) - lacking - added - inserted

    @property
    def is_near(self) -> bool:
        """Whether it is that text, perhaps with other names in it."""
        inserted = sum(end - start for start, end in self.holes)
        return self.likeness >= _LIKE and inserted <= max(60, self.length // 3)

    @property
    def likeness(self) -> float:
        """From 1, the same words, to 0."""
        lacking = sum(0.2 if word in _FREE else 1.0 for word in self.missing)
        added = sum(0.2 if word in _FREE else 1.0 for word in self.extra)
        return 1 - (lacking + added) / self.length



def earned(one: Found, plainer: Sequence[Found], index: Index) -> Found:
    """``one``, or the plain text when what makes it a variant of that is not there.

    Variants differ from the plain text in names and in a few words, so that a file with a
    name of its own would look like any of them.
    """
    for plain in plainer:
        if plain.which == one.which or plain.likeness < one.likeness - _MARGIN:
            continue
        own = Counter(index.text(one.which)) - Counter(index.text(plain.which))
        words = [index.names[number] for number in own.elements()]
        words = [word for word in words if word not in _FREE]
        lacking = sum((Counter(words) & Counter(one.missing)).values())
        if words and 1 - lacking / len(words) < _OWN:
            return plain
    return one
