"""Markdown for a comment on a pull or merge request: the outcome, then what to do, folded where it is long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, ClassVar

from sbomctl.findings._groups import Group, asked, ending, grouped, open_ones, places, some, title, totals
from sbomctl.model import CheckResult, Severity
from sbomctl.terminal import counted, printable

_MOST = 60_000  # characters; GitHub takes 65,536 in a comment
_MEMBERS = 10
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~@!&])")


class Markdown:
    """Never longer than a comment may be; what does not fit is counted."""

    kind: ClassVar[str] = "markdown"
    media_type: ClassVar[str] = "text/markdown"
    suffix: ClassVar[str] = ".md"
    about: ClassVar[str] = "a comment for a pull request"

    def write(self, result: CheckResult, out: BinaryIO) -> None:
        """Write the comment to ``out``, which stays open."""
        out.write("\n".join(_lines(result)).encode("utf-8", "backslashreplace") + b"\n")


def _lines(result: CheckResult) -> Iterator[str]:
    yield f"### sbomctl: {ending(result)}"
    yield ""
    yield f"**{escaped(title(result))}**, {escaped(asked(result))}: {totals(result)}."
    if result.problems and not result.accepted_problems:
        yield ""
        yield f"**Incomplete:** {counted(result.problems, 'problem')}; what could not be read may hold more."
    groups = grouped(open_ones(result))
    used = 0
    for severity in reversed(Severity):
        chosen = [one for one in groups if one.severity is severity]
        if not chosen:
            continue
        rows = [_row(one) for one in chosen]
        fitting = []
        for row in rows:
            if used + len(row) > _MOST:
                break
            used += len(row)
            fitting.append(row)
        yield ""
        folded = severity is not Severity.ERROR
        yield f"<details><summary>{severity.value}s ({len(chosen)})</summary>" if folded else f"#### {severity.value}s"
        yield from ("", "| rule | finding | where | how to fix |", "|---|---|---|---|", *fitting)
        if len(fitting) < len(rows):
            yield f"\n… and {len(rows) - len(fitting):,} more; see the full report."
        if folded:
            yield "\n</details>"
    yield from _waived(result)


def _row(group: Group) -> str:
    marks = {one.baseline for one in group.members}
    new = " **new**" if "new" in marks else ""
    where = escaped(some(places(group.members), _MEMBERS))
    cells = (f"`{group.rule}`{new}", escaped(group.message[:600]), where, escaped(group.how_to_fix[:600]))
    return f"| {' | '.join(cells)} |"


def _waived(result: CheckResult) -> Iterator[str]:
    used = {one.waived_by for one in result.violations if one.waived_by}
    chosen = [one for one in result.waivers if one.id in used]
    if not chosen:
        return
    yield from ("", f"<details><summary>waivers in use ({len(chosen)})</summary>", "")
    yield from ("| id | rule | until | owner | reason |", "|---|---|---|---|---|")
    for one in chosen[:100]:
        cells = (one.id, one.rule, one.expires, one.owner, f"{one.reason.kind}: {one.reason.text[:300]}")
        yield f"| {' | '.join(escaped(cell) for cell in cells)} |"
    if len(chosen) > 100:
        yield f"\n… and {len(chosen) - 100:,} more."
    yield "\n</details>"


def escaped(text: str) -> str:
    r"""``text`` as one line of Markdown, every sign that could be markup with a backslash: it may come from images."""
    return _SPECIAL.sub(r"\\\1", printable(text))
