"""Exceptions of the list whose texts no installed package has, known by words that nothing else says.

``Classpath-exception-2.0-short`` is not among them: no text of it was at hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

_PHRASES = {
    "kvirc": ("by combining openssl with kvirc", "kvirc-openssl-exception"),
    "rsync": ("dynamically link rsync with the openssl", "rsync-linking-exception"),
    "webm": ("works that implement the webm codecs", "Google-Patent-WebM"),
    "usage": ("licensed under the simple library usage license", "Simple-Library-Usage-exception"),
    "openssl": (
        "link the code of portions of this program with the openssl library you",
        "sqlitestudio-OpenSSL-exception",
    ),
    "spelling": ("with non lgpl spelling provider", "Spelling-Provider-LGPL-exception"),
}  # by a word of each that few texts have
_WORDS = {word: (phrase.split(), license_id) for word, (phrase, license_id) in _PHRASES.items()}


class Phrase(NamedTuple):
    """Where an exception is told, as positions in ``Words.every``."""

    start: int
    end: int
    exception: str


def phrases(stream: Sequence[str]) -> Iterator[Phrase]:
    """In the order of the text."""
    if _WORDS.keys().isdisjoint(stream):
        return
    for at in [at for at, word in enumerate(stream) if word in _WORDS]:
        words, exception = _WORDS[stream[at]]
        start = at - words.index(stream[at])
        end = start + len(words)
        if start >= 0 and list(stream[start:end]) == words:
            yield Phrase(start, end, exception)
