"""Reads a notice as its user does: entries with what they show, and the texts that they point to."""

from __future__ import annotations

import hashlib
import html
import re
from dataclasses import dataclass
from functools import cached_property

_ARTICLE = re.compile(r"<article id=(?P<id>[^ >]+)>(?P<body>.*?)</article>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Shown:
    """One entry or text."""

    anchor: str
    title: str
    text: str  # all of it, without markup, in single spaces
    links: tuple[str, ...]
    body: str  # what stands in its last <pre>, in single spaces

    @cached_property
    def words(self) -> frozenset[str]:
        """Its words, and what is between spaces, commas and parentheses."""
        return all_words(self.text) | frozenset(re.split(r"[\s,()]+", self.text))


def entries_and_texts(page: str) -> tuple[list[Shown], dict[str, Shown]]:
    """The components, and the texts by anchor."""
    before, _, after = page.partition('<h2 id="texts">')
    texts = {one.anchor: one for one in map(_shown, _ARTICLE.finditer(after))}
    return [_shown(one) for one in _ARTICLE.finditer(before)], texts


def all_words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))


def squeezed(text: str) -> str:
    return " ".join(text.split())


def words_hash(text: str) -> str:
    """What two copies of one text have in common, told without the code under test."""
    return hashlib.sha256(" ".join(re.findall(r"[\w+]+", text.casefold())).encode()).hexdigest()


def _shown(match: re.Match[str]) -> Shown:
    body = match["body"]
    title = re.search(r"<h3>(.*?)</h3>", body, re.DOTALL)
    pre = re.findall(r"<pre>(.*?)</pre>", body, re.DOTALL)
    return Shown(
        match["id"],
        _plain(title[1]) if title else "",
        _plain(body),
        tuple(re.findall(r"<a href=#([^ >]+)>", body)),
        _plain(pre[-1]) if pre else "",
    )


def _plain(markup: str) -> str:
    return squeezed(html.unescape(_TAG.sub(" ", markup)))
