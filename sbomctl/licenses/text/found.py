"""A place that looks like a known text, how much, and which of several alike texts it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from sbomctl.licenses.text.index import Index
from sbomctl.licenses.text.near import changes_meaning

_LIKE = 0.82  # likeness from which a text is held to be the known one
_OWN = 0.7  # share of a variant's own words that must be there
_SURE = 0.93  # likeness from which names do not matter
_REPEATED = 3  # times that a text says a name without which it is about something else
_OWN_NAMES = 0.5  # the same of its names
_MARGIN = 0.07  # of likeness within which the plain text is preferred to a variant that did not earn its name
PLAIN = frozenset(
    str.split(
        "MIT BSD-2-Clause BSD-3-Clause BSD-4-Clause ISC Apache-1.1 X11 HPND HPND-sell-variant Zlib NTP BSD-1-Clause "
        "Beerware Artistic-1.0 PSF-2.0 Python-2.0 OpenSSL SMLNJ"
    )
)  # what many other texts are variants of, or what names are changed in
_GENERIC = frozenset(
    str.split(
        "all rights reserved copyright copyrights holder holders author authors contributor contributors "
        "name names organization "
        "company inc the his its their year yyyy software program neither nor"
    )
)
_FREE = _GENERIC | frozenset(
    str.split(
        "university regents foundation group project corporation california berkeley apache digital sun "
        "equipment institute technology "
        "massachusetts mit carnegie mellon openldap consortium"
    )
)
_COMMON = frozenset(
    str.split(
        "open group disclaimer bsd mit variant license exception copyleft export modify sell free software public"
    )
)  # words in identifiers that are no names
_LONG = 700  # words of a text from which what it says once may be in a note
_RENAMED_SHARE = 0.85  # of the times that a text says its name, by which it is another one
_RENAMED = ("Apache-1.1",)  # texts in which the list itself lets the name be another one
_NEEDED = {
    "0BSD": "fee",
    "BSD-1-Clause": "conditions list",
    "BSD-2-Clause-Views": "views",
    "BSD-2-Clause-Patent": "patent",
    "BSD-3-Clause": "endorse",
    "BSD-3-Clause-Clear": "patent",
    "BSD-3-Clause-HP": "hp",
    "BSD-3-Clause-No-Military-License": "military",
    "BSD-4-Clause": "advertising",
    "BSD-4-Clause-Shortened": "modification entirety",
    "BSD-4-Clause-UC": "advertising california",
    "BSD-2-Clause-first-lines": "lines",
    "BSD-4.3TAHOE": "advertising",
    "HPND": "publicity",
    "HPND-Netrek": "representations made",
    "HPND-sell-variant": "sell publicity",
    "JSON": "evil",
    "ISC": "appear",
    "MIT": "included",
    "NTP": "publicity",
    "OLDAP-2.0": "openldap",
    "OLDAP-2.0.1": "openldap",
    "Unicode-3.0": "carefully",
    "X11": "advertising",
    "cryptsetup-OpenSSL-exception": "conditions",
}  # words without which it is another license
_FORBIDDEN = {
    "0BSD": "appear publicity",
    "BSD-1-Clause": "endorse reproduce mentioning limitations",
    "BSD-2-Clause": "endorse mentioning acknowledgment unmodified limitations non noninfringement",
    "BSD-3-Clause": "mentioning unmodified limitations non noninfringement",
    "BSD-3-Clause-acpica": "unmodified",
    "HPND": "sell furthermore carnegie",
    "HPND-Netrek": "publicity",
    "HPND-sell-regexpr": "supporting",
    "HPND-sell-MIT-disclaimer-xserver": "included",
    "ISC": "publicity endorse",
    "MIT": "advertising evil publicity",
    "MIT-0": "included",
    "NTP": "sell disclaims furthermore",
    "cryptsetup-OpenSSL-exception": "affero lesser",
}  # words that the text of another license has instead

_PAIR = ("warranty", "disclaimer")  # SMLNJ: "this permission notice and warranty disclaimer appear in supporting …"
_PAIRED = {"SMLNJ": True, "HPND": False, "MIT-CMU": False}  # whether it has the pair, or is another license with it
_VERSION = re.compile(r"(?<=-)\d+(?:\.\d+)+(?=-|\Z)")
_NUMBER = re.compile(r"\d+(?:\.\d+)+")


class Found:
    """A text and the words of a file that look like it."""

    __slots__ = ("end", "extra", "holes", "is_near", "length", "likeness", "missing", "score", "start", "which")

    def __init__(
        self,
        which: int,  # in the index
        start: int,  # position of the first word
        end: int,  # and after the last one
        length: int,  # words of the text itself
        missing: Mapping[str, int],  # words of the text that the file lacks, and how often
        extra: Mapping[str, int],  # words of the file that the text lacks
        holes: tuple[tuple[int, int], ...] = (),  # insertions, as positions in the file
    ) -> None:
        self.which, self.start, self.end, self.length = which, start, end, length
        self.missing, self.extra, self.holes = missing, extra, holes
        free = sum([count for word, count in missing.items() if word in _FREE])
        lacking = sum(missing.values()) - free
        loose = sum([count for word, count in extra.items() if word in _FREE])
        odd = extra.get("?", 0)
        added = sum(extra.values()) - loose - odd
        inserted = sum([finish - begin for begin, finish in holes])
        #: How well the text explains the place: words in common, less what differs.
        self.score = (
            length - 1.3 * free - 2.5 * lacking - 0.2 * loose - 0.5 * odd - added - 5 * len(holes) - inserted / 4
        )
        #: From 1, the same words, to 0.
        self.likeness = 1 - (0.2 * (free + loose) + lacking + 0.4 * odd + added) / length
        #: Whether it is that text, perhaps with other names in it.
        self.is_near = self.likeness >= _LIKE and inserted <= max(60, length // 3)

    def moved(self, by: int) -> Found:
        """The same some words further on."""
        other: Found = Found.__new__(Found)
        other.which, other.start, other.end, other.length = self.which, self.start + by, self.end + by, self.length
        other.missing, other.extra = self.missing, self.extra
        other.holes = tuple([(begin + by, finish + by) for begin, finish in self.holes])
        other.score, other.likeness, other.is_near = self.score, self.likeness, self.is_near
        return other

    @property
    def is_same(self) -> bool:
        """Whether all words are the same."""
        return not (self.missing or self.extra or self.holes)

    @property
    def is_changed(self) -> bool:
        """Whether it would be that text, but for a word or a sentence that makes it another license."""
        return self.likeness >= _LIKE and not self.is_near

    @property
    def coverage(self) -> float:
        """Share of the text that is there."""
        return 1 - sum(self.missing.values()) / self.length


def acceptable(one: Found, here: Collection[str], index: Index) -> bool:
    """Whether nothing in the place, of which ``here`` are the words, says that it is another license.

    Scores do not see a single word. One that changes the meaning leaves the place as it is,
    nearly a known text, which is then stated as unknown (see ``is_near``). A text with names of
    its own, most of which the place lacks, is not that license but terms of the same kind.
    """
    license_id = index.ids[one.which][0]
    if not _has_its_words(license_id, here):
        return False
    if _lacks_its_name(one, license_id, index) or _has_other_version(one, license_id, here, index):
        return False
    words = list(here) if one.holes else []
    inserted = [words[begin - one.start : finish - one.start] for begin, finish in one.holes]
    if changes_meaning(one, license_id, inserted):
        one.is_near = False
    if license_id in PLAIN:
        return True
    own = index.own_names(one.which)
    if _protects_name(one.which, index) and any(one.missing.get(name, 0) >= _REPEATED for name in own):
        return False
    if one.likeness >= _SURE:
        return True
    return len(own.intersection(one.missing)) <= _OWN_NAMES * len(own)


def _has_its_words(license_id: str, here: Collection[str]) -> bool:
    needed, forbidden = _NEEDED.get(license_id, ""), _FORBIDDEN.get(license_id, "")
    if license_id in _PAIRED and _PAIRED[license_id] != (_PAIR in pairwise(here)):
        return False
    return all(word in here for word in needed.split()) and not any(word in here for word in forbidden.split())


def _lacks_its_name(one: Found, license_id: str, index: Index) -> bool:
    """Whether the text says the name in its identifier below its title and the place has another one, or none."""
    if license_id in _RENAMED:
        return False
    least = 1 if one.length < _LONG else 2
    lost = [word for word in _names(license_id) if one.missing.get(word, 0) >= least]
    return any(one.missing[word] >= _RENAMED_SHARE * index.below_title(one.which, word) for word in lost)


@lru_cache(maxsize=1024)
def _names(license_id: str) -> tuple[str, ...]:
    """The names in an identifier."""
    words = license_id.lower().split("-")
    return tuple([word for word in words if word.isalpha() and len(word) > 2 and word not in _COMMON])


def _has_other_version(one: Found, license_id: str, here: Collection[str], index: Index) -> bool:
    """Whether the text says the version in its identifier and the place another one instead."""
    version = _VERSION.search(license_id)
    if not version or not any(word == "?" or _NUMBER.fullmatch(word) for word in one.extra):
        return False
    known = index.versions(one.which)
    if version[0] not in known and version[0] not in one.missing:
        return False
    is_nowhere = version[0] not in here
    said = {after for word, after in pairwise(here) if word == "version" or (is_nowhere and after in one.extra)}
    return version[0] not in said and any(_NUMBER.fullmatch(word) for word in said - known)


def _protects_name(which: int, index: Index) -> bool:
    """Whether it is one of the many texts made from Apache's, by which nothing may be called as the work itself."""
    words = index.owed(which)
    return all(index.vocabulary.get(word, 0) in words for word in ("called", "endorse"))


def earned(one: Found, plainer: Sequence[Found], index: Index) -> Found:
    """``one``, or the plain text when what makes it a variant of that is not there.

    Variants differ from the plain text in names and in a few words, so that a file with a
    name of its own would look like any of them.
    """
    if index.ids[one.which][0] in PLAIN:
        return one
    for plain in sorted(plainer, key=lambda other: -other.likeness):
        if plain.which == one.which or plain.likeness < one.likeness - _MARGIN:
            continue
        own = _own(one.which, plain.which, index)
        lacking = sum([min(count, one.missing.get(word, 0)) for word, count in own.items()])
        if own and 1 - lacking / sum(own.values()) < _OWN:
            return plain
    return one


@lru_cache(maxsize=1024)
def _own(which: int, plain: int, index: Index) -> Mapping[str, int]:
    """The words that a text has more than a plain one, but for those that any may have, and how many more."""
    more = Counter(index.text(which)) - Counter(index.text(plain))
    return {word: count for number, count in more.items() if (word := index.names[number]) not in _GENERIC}
