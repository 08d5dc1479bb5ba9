"""The licenses that our text detector sees in a file, in the form of a detector's result."""

from __future__ import annotations

from collections.abc import Sequence

from sbomctl.licenses.base import FileLicenses, Statement
from sbomctl.licenses.text import Match, detect
from sbomctl.model import LicenseKind


def detected(text: str) -> FileLicenses:
    """``statements`` and ``detected`` of ``text``; a license text among them is carried along as it stands there."""
    found = detect(text)
    lines = text.split("\n") if any(match.is_text for match in found.matches) else []
    return FileLicenses(tuple(_statement(match, lines) for match in found.matches), detected=found.expression)


def _statement(match: Match, lines: Sequence[str]) -> Statement:
    return Statement(
        raw=match.raw,
        expression=match.expression,
        line=match.line,
        end_line=match.end_line,
        kind=LicenseKind.DETECTED,
        coverage=match.coverage,
        candidates=match.candidates,
        remark=match.remark,
        text="\n".join(lines[match.line - 1 : match.end_line]) if match.is_text else "",
    )
