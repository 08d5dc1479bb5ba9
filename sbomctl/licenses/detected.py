"""The licenses that our text detector sees in a file, in the form of a detector's result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sbomctl.licenses.base import FileLicenses, Statement
from sbomctl.model import LicenseKind

if TYPE_CHECKING:
    from sbomctl.licenses.text import Match

Lines = tuple[int, int]  # the first and the last


def prepare() -> None:
    """Have what every detection needs, so that processes forked from this one share it."""
    from sbomctl.licenses.text import detect

    detect("licensed under the GPL")


def detected(text: str, name: str = "") -> FileLicenses:
    """``statements`` and ``detected`` of ``text``; a license text among them is carried along as it stands there."""
    from sbomctl.licenses.text import detect  # where nothing is compared, nothing of it is needed

    found = detect(text, name)
    lines = text.split("\n") if any(match.is_text for match in found.matches) else []
    kept: dict[Lines, str] = {}  # several texts on one line are one, and are held once
    for one in found.matches:
        if one.is_text and (one.line, one.end_line) not in kept:
            kept[one.line, one.end_line] = "\n".join([*lines[one.line - 1 : one.end_line], ""])
    return FileLicenses(tuple([_statement(match, kept) for match in found.matches]), detected=found.expression)


def _statement(match: Match, texts: Mapping[Lines, str]) -> Statement:
    return Statement(
        raw=match.raw,
        expression=match.expression,
        line=match.line,
        end_line=match.end_line,
        kind=LicenseKind.DETECTED,
        coverage=match.coverage,
        candidates=match.candidates,
        remark=match.remark,
        text=texts[match.line, match.end_line] if match.is_text else "",
    )
