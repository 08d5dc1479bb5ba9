"""Exceptions of the list whose texts no installed package has, known by words that nothing else says.

``Classpath-exception-2.0-short`` is not among them: no text of it was at hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

_PHRASES = {
    "by combining openssl with kvirc": "kvirc-openssl-exception",
    "dynamically link rsync with the openssl": "rsync-linking-exception",
    "works that implement the webm codecs": "Google-Patent-WebM",
    "licensed under the simple library usage license": "Simple-Library-Usage-exception",
    "link the code of portions of this program with the openssl library you": "sqlitestudio-OpenSSL-exception",
    "with non lgpl spelling provider": "Spelling-Provider-LGPL-exception",
}
_BY_LAST = {tuple(phrase.split())[-1]: (tuple(phrase.split()), license_id) for phrase, license_id in _PHRASES.items()}


class Phrase(NamedTuple):
    """Where an exception is told, as positions in ``Words.every``."""

    start: int
    end: int
    exception: str


def phrases(stream: Sequence[str]) -> Iterator[Phrase]:
    """In the order of the text."""
    if _BY_LAST.keys().isdisjoint(stream):
        return
    for last in [at for at, word in enumerate(stream) if word in _BY_LAST]:
        words, exception = _BY_LAST[stream[last]]
        start = last + 1 - len(words)
        if start >= 0 and tuple(stream[start : last + 1]) == words:
            yield Phrase(start, last + 1, exception)
