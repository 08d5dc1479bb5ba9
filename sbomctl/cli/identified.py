"""What a file says of licenses, as lines of a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sbomctl.terminal import printable, shorten

if TYPE_CHECKING:
    from sbomctl.model.license_file import FileLicenses, Statement

_COLUMNS = 80


def identified(file: str, licenses: FileLicenses, *, copyrights: bool) -> Iterator[str]:
    """The file and its expression, then each statement with its lines and how sure it is."""
    expression = licenses.declared or licenses.detected or ("unknown" if licenses.statements else "none found")
    yield printable(f"{file}: {expression}")
    for one in licenses.statements:
        yield from _statement(one)
    for line, text in licenses.copyrights if copyrights else ():
        yield printable(f"  {line}: {text}")
    for line, reason in licenses.faults:
        yield printable(f"  {line}: not read: {reason}")


def _statement(one: Statement) -> Iterator[str]:
    lines = f"{one.line}-{one.end_line}" if one.end_line > one.line else f"{one.line}"
    share = f" {one.coverage:.0%}" if one.coverage < 1 else ""
    yield printable(f"  {lines}: {one.expression or 'unknown'}{share}")
    yield shorten(f"    as written: {printable(one.raw)}", _COLUMNS)
    if one.candidates:
        yield printable(f"    may be: {' | '.join(one.candidates)}")
    if one.excluded_by:
        yield printable(f"    left out: {one.excluded_by}")
    if one.remark:
        yield printable(f"    remark: {one.remark}")
