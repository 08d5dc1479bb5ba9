"""Whether two versions of one package are the same, where one of them may say less.

A license.manifest of Yocto has the version of the recipe, the package database that with epoch and revision
(``1:2.3-r0``). What both say must be equal; what only one of them says is no difference.
"""

from __future__ import annotations

import re

_EPOCH = re.compile(r"([0-9]{1,9}):(.+)", re.DOTALL)
_REVISION = re.compile(r"(.+)-(r[0-9]{1,9}(?:\.[0-9]{1,9})*)", re.DOTALL)
_COUNTED = re.compile(r"(git|svn|hg)(?:AUTOINC|[0-9]{1,9})\+")  # the number that a package feed puts in its place
_COMMIT = re.compile(r"(.*\+(?:git|svn|hg)r?)(?:\+[0-9A-Za-z_.]+)?", re.DOTALL)


def same_version(one: str, other: str) -> bool:
    """Whether they are equal but for an epoch, a revision or a commit that only one of them has."""
    one, other = (_COUNTED.sub(r"\1+", text) for text in (one, other))
    if one == other:
        return True
    first, second = _parts(one), _parts(other)
    if any(mine and yours and mine != yours for mine, yours in zip(first[:2], second[:2], strict=True)):
        return False
    return first[2] == second[2] or _without_commit(first[2], second[2])


def _parts(version: str) -> tuple[str, str, str]:
    """Epoch, revision, and what is between them."""
    epoch, rest = match.groups() if (match := _EPOCH.fullmatch(version)) else ("", version)
    rest, revision = match.groups() if (match := _REVISION.fullmatch(rest)) else (rest, "")
    return epoch, revision, rest


def _without_commit(one: str, other: str) -> bool:
    bare = [match[1] if (match := _COMMIT.fullmatch(text)) else text for text in (one, other)]
    return bare[0] == bare[1] and (one == bare[0] or other == bare[1])
