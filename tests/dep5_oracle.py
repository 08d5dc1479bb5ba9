"""An independent parser of debian/copyright, and what the two must agree on."""

from __future__ import annotations

import re
from collections import Counter

from debian_inspector.copyright import (
    CopyrightFilesParagraph,
    CopyrightHeaderParagraph,
    CopyrightLicenseParagraph,
    DebianCopyright,
)

from sbomctl.licenses._dep5 import Dep5, License

Row = tuple[str, tuple[str, ...], str, str, tuple[int, int]]  # kind, patterns, synopsis, text, lines
LICENSE_LINE = re.compile(rb"^licen[cs]e[ \t]*:[ \t]*(.*)", re.MULTILINE | re.IGNORECASE)
TOKEN = re.compile(r"[^\s,()|&;]+")


def words(text: str | None) -> str:
    """The text with its white space and its dots that stand alone in a line made equal."""
    return " ".join(
        line for line in (" ".join(one.split()) for one in (text or "").split("\n")) if line not in ("", ".")
    )


def their_rows(data: bytes) -> tuple[Counter[Row], Counter[str]]:
    """License fields and copyright lines by debian-inspector."""
    rows: Counter[Row] = Counter()
    statements: Counter[str] = Counter()
    for one in DebianCopyright.from_text(data.decode("utf-8", "replace")).paragraphs:
        if not isinstance(one, CopyrightFilesParagraph | CopyrightHeaderParagraph | CopyrightLicenseParagraph):
            continue
        kind = type(one).__name__
        patterns = tuple(one.files.values) if isinstance(one, CopyrightFilesParagraph) else ()
        if isinstance(one, CopyrightFilesParagraph):
            statements.update(words(statement.dumps()) for statement in one.copyright.statements)
        if lines := one.line_numbers_by_field.get("license"):
            rows[kind, patterns, one.license.name or "", words(one.license.text), lines] += 1
    del statements[""]
    return rows, statements


def our_rows(found: Dep5) -> tuple[Counter[Row], Counter[str]]:
    """The same of ours."""
    rows: Counter[Row] = Counter(_row("CopyrightHeaderParagraph", (), one) for one in found.header)
    rows.update(_row("CopyrightLicenseParagraph", (), one) for one in found.texts)
    rows.update(_row("CopyrightFilesParagraph", part.patterns, one) for part in found.files for one in part.licenses)
    return rows, Counter(words(statement) for _, statement in found.copyrights)


def _row(kind: str, patterns: tuple[str, ...], one: License) -> Row:
    return kind, patterns, one.synopsis, words(one.text), (one.line, one.end_line)


def difference(found: Dep5, data: bytes) -> list[str]:
    """In what the two parsers differ: License fields of either side, and copyright lines that ours lacks."""
    (ours, our_lines), (theirs, their_lines) = our_rows(found), their_rows(data)
    return [
        *(f"ours   {row}" for row in (ours - theirs)),
        *(f"theirs {row}" for row in (theirs - ours)),
        *(f"copyright {line}" for line in (their_lines - our_lines)),
    ]


def tokens(text: str) -> set[str]:
    """The words of license names, for comparing; ``.0`` at the end of a version means nothing (section 7.1)."""
    return {re.sub(r"(?<=\d)(?:\.0)+(?=\+|\Z)", "", token) for token in TOKEN.findall(text.lower())}


def names_in(data: bytes) -> set[str]:
    """The words of all License lines, found by one regular expression."""
    return {
        token for line in LICENSE_LINE.findall(data) for token in tokens(line.decode("utf-8", "replace").strip("\r"))
    }


__all__ = ["difference", "names_in", "tokens"]
