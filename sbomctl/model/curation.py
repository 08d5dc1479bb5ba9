"""Corrections of license facts and elections of branches: what people decided, each with reason and author."""

from __future__ import annotations

import msgspec


class Curation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One correction: for which component, and what holds instead; "" = not set, () = not set."""

    id: str
    component: str  # purl without version; ``*`` spans any characters
    author: str
    reason: str
    versions: str = ""  # a range such as ">=1.2,<2"; "" = every version
    text_sha256: str = ""  # only while the component has this license text
    declared: str = ""
    concluded: str = ""
    copyrights: tuple[str, ...] = ()
    line: int = 0  # of the file it is from


class Choice(msgspec.Struct, frozen=True, omit_defaults=True):
    """One election: of the branches of ``given``, ``choose`` is taken where the component has them."""

    id: str
    component: str  # as in :class:`Curation`; "*" = every one
    given: str  # expression, an OR
    choose: str  # expression, one of its branches
    author: str
    reason: str
    versions: str = ""
    line: int = 0


class Curations(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything a curations file says."""

    file: str = ""
    curations: tuple[Curation, ...] = ()
    choices: tuple[Choice, ...] = ()


class CurationIssue(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """A curation or choice that did nothing, or no longer fits."""

    kind: str  # unused-curation | outdated-curation | unused-choice | impossible-choice
    id: str
    message: str
    file: str = ""
    line: int = 0
