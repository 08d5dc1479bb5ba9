"""What templates of attribution notices are given: plain facts, every text of them printable."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """A name and the anchor of what it stands for; ``name`` "" = the same as of the link before."""

    name: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Member:
    """One package of an entry."""

    name: str
    version: str
    hidden: str = ""  # why the running system does not see it; "" = it does


@dataclass(frozen=True, slots=True)
class Entry:
    """One component, or those of one source package that have the same facts (requirement AT-1)."""

    anchor: str
    title: str
    version: str  # "" where the members have several
    members: tuple[Member, ...]  # sorted
    images: tuple[str, ...]
    homepage: str
    license: str  # the effective expression; "" = unknown
    concluded: str  # what it was elected from; "" = there was no choice
    elected_by: tuple[str, ...]
    copyrights: tuple[str, ...]  # statements, and every line that was taken out of a text of it
    texts: tuple[Link, ...]  # the license texts, an exception right behind its license
    notices: tuple[str, ...]  # what NOTICE files say, each once
    acknowledgments: tuple[str, ...]
    without_text: tuple[str, ...]  # licenses of which no text was found


@dataclass(frozen=True, slots=True)
class PrintedText:
    """One text, printed once for everybody who has it (requirement AT-1)."""

    anchor: str
    title: str
    text: str
    users: tuple[Link, ...]
    standard: bool  # the text of the SPDX list, because none was shipped
    cut: int  # characters left out; 0 = it is whole


@dataclass(frozen=True, slots=True)
class Acknowledgment:
    """A sentence that a license prescribes, and whose license it is."""

    sentence: str
    users: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the code of an image some package accounts for."""

    image: str
    files: int
    unowned: int


@dataclass(frozen=True, slots=True)
class Notice:
    """The whole document."""

    product: str
    version: str
    supplier: str
    contact: tuple[str, ...]
    image: str  # the only image it is about; "" = the product
    images: tuple[str, ...]
    created: str  # YYYY-MM-DD
    tool_version: str
    problems: tuple[str, ...]  # what could not be read, the first of them
    problem_count: int
    coverage: tuple[Coverage, ...]
    unknown: tuple[Link, ...]  # entries without any license
    without_text: tuple[tuple[str, tuple[Link, ...]], ...]  # license -> entries
    acknowledgments: tuple[Acknowledgment, ...]
    entries: tuple[Entry, ...]
    texts: tuple[PrintedText, ...]
    components: int
    hidden: int

    @property
    def cut(self) -> int:
        """How many texts are too long to be reproduced whole."""
        return sum(1 for one in self.texts if one.cut)
