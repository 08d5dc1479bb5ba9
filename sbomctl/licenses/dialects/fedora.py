"""License tags of Fedora, RHEL and their kin: SPDX since Fedora 38 and RHEL 10, names of their own before.

Packages change one by one, so that both stand side by side in one image: each string tells by its
operators and identifiers which it is, and only where it could be both does the release decide.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from sbomctl.licenses.aliases import alias
from sbomctl.licenses.base import Context, Declaration, Declared, Reading
from sbomctl.licenses.dialects._gnu import Bare
from sbomctl.licenses.dialects._names import Names
from sbomctl.licenses.dialects._phrase import Grammar
from sbomctl.licenses.dialects._reading import all_of, read_string
from sbomctl.licenses.spdx_list import spdx_list
from sbomctl.model import OsRelease

_SPDX_SINCE = {"fedora": 38} | dict.fromkeys(("rhel", "centos", "rocky", "almalinux", "ol", "eurolinux"), 10)
_SPDX_OPERATOR = re.compile(r"\s(?:AND|OR|WITH)\s")
_WORD = re.compile(r"[^\s(),]+")
_OWN = Names(scopes=("fedora",), bare=Bare.ONLY)
_SPDX = Names(bare=Bare.LIKELY_ONLY, ids_first=True)
_GRAMMAR = Grammar(signs={"&": "AND", "|": "OR"}, comma="AND")
_SCOPE = ("fedora",)  # its names are the same in every package
_LONGEST = 8192


class FedoraDialect:
    """Tags in either language."""

    name: ClassVar[str] = "fedora"
    about: ClassVar[str] = "License tag of Fedora, RHEL and rebuilds, old names and SPDX"

    def declare(self, strings: Sequence[Declared], context: Context) -> Declaration:
        """A reading of each string; together they hold at once. ``context.os`` decides what could be either."""
        readings = [_read(one.raw[: _LONGEST + 1], context.os) for one in strings]
        return all_of(readings, [one.raw for one in strings], _SCOPE)


def _read(raw: str, os: OsRelease | None) -> Reading:
    return read_string(raw, _GRAMMAR, _SPDX if _is_spdx(raw, os) else _OWN, _SCOPE)


def _is_spdx(raw: str, os: OsRelease | None) -> bool:
    words = _WORD.findall(raw)
    if _SPDX_OPERATOR.search(raw) or any(map(_only_spdx, words)):
        return True
    if any(word in ("and", "or", "with") for word in words):
        return False
    listed = raw.strip().lower() in spdx_list().licenses  # of a new release, an old tag is still in the old language
    return os is not None and listed and _release(os.version_id) >= _SPDX_SINCE.get(os.id, 1_000_000)


def _only_spdx(word: str) -> bool:
    """Whether a word is an identifier that the old language does not have: it wrote no hyphen before a version."""
    listed = word.lower() in spdx_list().licenses or word.startswith("LicenseRef-")
    return listed and "-" in word and alias(word, _SCOPE) is None


def _release(version: str) -> int:
    digits = version.partition(".")[0]
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 5 else 0
